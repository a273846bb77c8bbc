# Figures of R's spatstat, which the tests hold ours against.
#
#   apt-get install r-cran-spatstat.linnet
#   Rscript make.R          (in this folder; writes the CSV files beside it)
#
# The network is a planar triangulation of points from a seed with a third of its edges left out,
# so that it has junctions, loops and dead ends.  Metres.
suppressMessages({library(spatstat.random); library(spatstat.linnet); library(spatstat.explore)})
options(digits = 15)
set.seed(20261126)

save <- function(table, name) write.csv(format(table, digits = 15, trim = TRUE), paste0(name, ".csv"),
                                        row.names = FALSE, quote = FALSE)

# A town: nodes, edges, points.
net <- delaunayNetwork(runifpoint(35, owin(c(0, 700), c(0, 500))))
net <- thinNetwork(net, retainedges = runif(nsegments(net)) > 0.35)
net <- connected(net, what = "components")[[1]]
X <- runiflpp(60, net)
at <- coords(X)
ends <- data.frame(from = net$from, to = net$to, length = lengths_psp(as.psp(net)))
save(data.frame(node = seq_len(npoints(vertices(net))), coords(vertices(net))), "nodes")
save(cbind(edge = seq_len(nrow(ends)), ends), "edges")
save(data.frame(seg = at$seg, tp = at$tp), "points")

# Distances along the network.
save(data.frame(nndist = nndist(X), mean_m = rowSums(pairdist(X)) / (npoints(X) - 1)), "distances")

# Ripley's K on a network, plain and with the correction of Ang, Baddeley and Nair (2012).
r <- seq(0, 400, by = 25)
save(data.frame(r = r, none = linearK(X, r = r, correction = "none")$est,
                ang = linearK(X, r = r, correction = "Ang")$est), "k")

# From the first twenty events to the others, and with the inverse of an intensity as weights.
kind <- X
marks(kind) <- factor(rep(c("first", "other"), c(20, 40)))
intensity <- seq_len(60) / 1000
cross <- function(how) linearKcross(kind, "first", "other", r = r, correction = how)$est
inhom <- function(how) linearKinhom(X, intensity, r = r, correction = how, normalise = FALSE)$est
save(data.frame(r = r, cross_none = cross("none"), cross_ang = cross("Ang"),
                inhom_none = inhom("none"), inhom_ang = inhom("Ang")), "k_weighted")

# Equal-split densities at the points, with and without the point itself.
values <- data.frame(row = seq_len(npoints(X)))
for (kernel in c("epanechnikov", "biweight")) for (continuous in c(TRUE, FALSE))
  for (loo in c(FALSE, TRUE)) {
    name <- paste0(if (continuous) "esc_" else "esd_", kernel, if (loo) "_loo" else "")
    values[[name]] <- densityEqualSplit(X, sigma = 40, kernel = kernel, continuous = continuous,
                                        at = "points", leaveoneout = loo, verbose = FALSE)
  }
save(values, "equal_split")

# Heat kernel exp(-t L) of a finite volume scheme with cells of at most 0.5 m.  It is summed as a
# Poisson mixture of steps of a Markov chain (uniformisation), exact to rounding.  Not by
# densityHeat, whose time steps leave an error of a few per cent.
sigma <- 40
cells <- ceiling(ends$length / 0.5)
first <- cumsum(c(0, cells))[seq_along(cells)]
width <- (ends$length / cells)[rep(seq_along(cells), cells)]
n <- sum(cells)
flows <- list()
for (e in seq_along(cells)) if (cells[e] > 1) {
  k <- first[e] + seq_len(cells[e] - 1)
  flows[[length(flows) + 1]] <- data.frame(i = k, j = k + 1, flow = 1 / width[k])
}
# A junction is a point without volume: conductances 2 / width to it, eliminated.
for (v in seq_len(npoints(vertices(net)))) {
  touch <- c(first[ends$from == v] + 1, (first + cells)[ends$to == v])
  g <- 2 / width[touch]
  if (length(touch) > 1) for (pair in combn(length(touch), 2, simplify = FALSE))
    flows[[length(flows) + 1]] <- data.frame(i = touch[pair[1]], j = touch[pair[2]],
                                             flow = prod(g[pair]) / sum(g))
}
flows <- do.call(rbind, flows)
flow <- Matrix::sparseMatrix(flows$i, flows$j, x = flows$flow, dims = c(n, n))
flow <- flow + Matrix::t(flow)
out <- Matrix::rowSums(flow)
q <- max(out / width)
# Linear weights between the two nearest cell centres; at the ends of an edge the nearest one.
place <- matrix(0, npoints(X), n)
for (p in seq_len(npoints(X))) {
  e <- at$seg[p]; s <- at$tp[p] * cells[e] + 0.5
  k <- min(max(floor(s), 1), cells[e]); w <- min(max(s - k, 0), 1)
  place[p, first[e] + k] <- 1 - w
  place[p, first[e] + min(k + 1, cells[e])] <- place[p, first[e] + min(k + 1, cells[e])] + w
}
density <- colSums(place) / width
steps <- q * sigma^2 / 2
heat <- 0
for (k in 0:ceiling(steps + 10 * sqrt(steps))) {
  heat <- heat + dpois(k, steps) * density
  density <- density + as.vector(flow %*% density - out * density) / (q * width)
}
save(data.frame(heat = as.vector(place %*% heat)), "heat")

# Distances of points to lines in the plane.
box <- owin(c(0, 1000), c(0, 800))
lines <- psp(c(0, 200, 500), c(100, 800, 0), c(1000, 700, 650), c(400, 200, 800), window = box)
seen <- runifpoint(40, box)
zp <- nncross(seen, lines, what = "dist")
save(data.frame(coords(seen), dist = zp), "plane_points")
save(as.data.frame(lines)[, c("x0", "y0", "x1", "y1")], "plane_lines")

# Cross-validated bandwidth of the heat kernel: bw.lppl rests on densityHeat, whose steps leave an
# error of less than 1 %.  The figures stand in tests/geo/patterns/test_geo_patterns_oracles.py:
#   attr(bw.lppl(X, distance = "path", sigma = c(20, 60, 80, 120), dx = 2), "cv")
