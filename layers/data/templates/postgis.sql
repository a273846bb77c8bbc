-- PostGIS 3.5 does not know EPSG:9141 (KOSOVAREF01 / Balkans zone 7), in which rasters
-- are in metres. Run this once in the database, then load them:
--     psql -f layers/data/templates/postgis.sql DATABASE
INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, proj4text, srtext)
VALUES (
    9141, 'EPSG', 9141,
    '+proj=tmerc +lat_0=0 +lon_0=21 +k=0.9999 +x_0=7500000 +y_0=0 +ellps=GRS80 +towgs84=0,0,0,0,0,0,0 +units=m +no_defs',
    'PROJCS["KOSOVAREF01 / Balkans zone 7",GEOGCS["KOSOVAREF01",DATUM["Kosovo_Reference_System_2001",SPHEROID["GRS 1980",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","9140"]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",21],PARAMETER["scale_factor",0.9999],PARAMETER["false_easting",7500000],PARAMETER["false_northing",0],UNIT["metre",1],AUTHORITY["EPSG","9141"]]'
)
ON CONFLICT (srid) DO NOTHING;
