"""Elements of the inverse of a sparse matrix, where its factor is not zero: variances in one pass.

References
----------
K. Takahashi, J. Fagan, M.-S. Chen, "Formation of a sparse bus impedance matrix", 8th PICA
conference, 1973; as in H. Rue, L. Held, "Gaussian Markov Random Fields", 2005, section 2.4.
"""

from typing import Any

import numpy as np
from scipy.sparse import csc_array, csr_array

from geo.arrays import Floats, Ints
from geo.network.compiling import compiled


def variances(factor: Any, rows: csr_array) -> Floats:
    """Return the variance of linear combinations of a Gaussian vector.

    Parameters
    ----------
    factor : scipy.sparse.linalg.SuperLU
        `splu` of the vector's precision matrix, in symmetric mode.
    rows : (r, d) sparse matrix
        The combinations; each pair of elements of a row must stand in the precision matrix.

    Returns
    -------
    (r,) array
    """
    lower = csc_array(factor.L)
    lower.sort_indices()
    inverse = _inverse(
        lower.indptr,
        lower.indices,
        lower.data,
        factor.U.diagonal().astype(float),
    )
    # Element k of the vector stands at `position[k]` in the factor.
    position = factor.perm_c.astype(np.int64)
    return _row_variances(
        rows.indptr,
        position[rows.indices],
        rows.data,
        lower.indptr,
        lower.indices,
        inverse,
    )


@compiled
def _at(
    row: int, column: int, indptr: Ints, indices: Ints, inverse: Floats
) -> float:
    """Return an element of the inverse, which is symmetric; 0 where the factor has none."""
    if row < column:
        row, column = column, row
    begin = indptr[column]
    end = indptr[column + 1]
    k = begin + np.searchsorted(indices[begin:end], row)
    if k < end and indices[k] == row:
        return float(inverse[k])
    return 0.0


@compiled
def _inverse(
    indptr: Ints, indices: Ints, lower: Floats, pivots: Floats
) -> Floats:
    """Return the inverse's elements in the places of the factor's lower triangle.

    Rows of a column are all in the columns of those above them, which are walked one by one.
    """
    inverse = np.zeros(len(lower))
    of_column = np.zeros(len(pivots))
    total = np.zeros(len(pivots))
    for column in range(len(pivots) - 1, -1, -1):
        diagonal = indptr[column]
        below = range(diagonal + 1, indptr[column + 1])
        for k in below:
            of_column[indices[k]] = lower[k]
            total[indices[k]] = 0.0
        for k in below:
            other = indices[k]
            at = indptr[other]
            total[other] += inverse[at] * lower[k]
            for j in range(at + 1, indptr[other + 1]):
                row = indices[j]
                total[row] += inverse[j] * lower[k]
                total[other] += inverse[j] * of_column[row]
        inverse[diagonal] = 1.0 / pivots[column]
        for k in below:
            inverse[k] = -total[indices[k]]
            inverse[diagonal] -= lower[k] * inverse[k]
            of_column[indices[k]] = 0.0
    return inverse


@compiled
def _row_variances(
    row_ptr: Ints,
    positions: Ints,
    values: Floats,
    indptr: Ints,
    indices: Ints,
    inverse: Floats,
) -> Floats:
    """Return the variance of each row: its elements, two by two, times their covariance."""
    variance = np.zeros(len(row_ptr) - 1)
    for row in range(len(variance)):
        for a in range(row_ptr[row], row_ptr[row + 1]):
            for b in range(row_ptr[row], row_ptr[row + 1]):
                element = _at(
                    positions[a], positions[b], indptr, indices, inverse
                )
                variance[row] += values[a] * values[b] * element
    return variance
