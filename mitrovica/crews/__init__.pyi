from . import leaflet as leaflet
