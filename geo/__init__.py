"""Analysis: pure functions on GeoDataFrames and arrays, one measure a file.

Nothing here opens a file, a socket or a clock.  Every measure takes metres: see `geo.crs`.
`geo.study.run` is the whole of it in one function; start there.

==============================  ===================================================================
question                        modules
==============================  ===================================================================
what goes in, what comes out    `params` (`param_types`, `names`), `results`, `study`; `limits`
what may be known of sightings  `sightings` (the door), `laws`
the ground it stands on         `crs`, `network`, `positions`, `segments`, `grid`, `relief`, `cells`
how near to corridors           `proximity`
nearer than chance              `corridors`, `nulls`, `chance`, `nearness_tests`, `envelopes`,
                                `berman`, `small_samples`, `family`, `head_to_head`
where reports concentrate       `hotspots` (on `scan`), `lixels`, `density`: `heat`, `equal_split`
                                (its oracle `split_paths`), `shortest`, `planar`; `kernels`,
                                `bandwidths`
is that more than chance        `scan`, `effort`, `power`; `network_k`, `k_envelopes`, `clusters`,
                                `hexagons`
the same on plain tables        `tables`
how people move                 `movement`, `flows`, `rsp`, `multimodal`, `travel`, `reduction`,
                                `sections`, `assumptions`
how far they are from help      `access`, `walking`, `spread`
where help is needed            `need`, `covering`
where patrols go                `proposal`, `patrols`, `stops`, `routing`, `hierarchy`,
                                `orienteering`, `solver`, `checks`, `feasibility`, `timetable`,
                                `daylight`, `clocks`, `passing`,
                                `plan_checker`, `fortnight`, `nights`
what a plan is worth            `appraisal`, `explain`, `siting`
==============================  ===================================================================

Modules named ``*_loops``, with `half_edges` and `spread`, are loops that numba compiles
(`compiled`) for the module they are named after.
"""
