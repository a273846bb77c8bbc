"""What crews take along: the leaflet on the asylum procedure."""
