"""Open a project in QGIS, draw it, and say as JSON what QGIS found: run by Debian's Python.

    /usr/bin/python3 open_in_qgis.py PROJECT FOLDER

PROJECT is a file, or ``geopackage:FILE?projectName=NAME``.  FOLDER gets ``map.png``, and ``a4.png``
of the print layout.
"""

import json
import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (
    QgsApplication,
    QgsLayoutExporter,
    QgsMapRendererCustomPainterJob,
    QgsMapSettings,
    QgsProject,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage, QPainter


def layers_of(project):
    """Return each layer of the legend from top to bottom."""
    found = []
    for node in project.layerTreeRoot().findLayers():
        layer = node.layer()
        if layer is None:
            found.append({"name": node.name(), "valid": False})
            continue
        vector = layer.type().name == "Vector"
        renderer = layer.renderer()
        found.append(
            {
                "name": node.name(),
                "group": node.parent().name(),
                "valid": layer.isValid(),
                "error": layer.error().summary() if not layer.isValid() else "",
                "ticked": node.isVisible(),
                "renderer": renderer.type() if renderer else None,
                "labels": vector and layer.labelsEnabled(),
                "features": layer.featureCount() if vector else None,
                "aliases": layer.attributeAliases() if vector else {},
                "about": {f.name(): f.comment() for f in layer.fields()} if vector else {},
                "temporal": layer.temporalProperties().isActive(),
                "source": layer.source(),
                "attribution": layer.serverProperties().attribution(),
                "classes": len(renderer.legendSymbolItems()) if vector and renderer else 0,
            }
        )
    return found


def draw(project, extent, path):
    """Draw the ticked layers."""
    settings = QgsMapSettings()
    settings.setLayers(project.layerTreeRoot().checkedLayers())
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setBackgroundColor(QColor("#e9e6dd"))
    settings.setOutputSize(QSize(1100, 1400))
    settings.setOutputDpi(96)
    settings.setExtent(extent)
    image = QImage(settings.outputSize(), QImage.Format_RGB32)
    image.fill(settings.backgroundColor())
    painter = QPainter(image)
    job = QgsMapRendererCustomPainterJob(settings, painter)
    job.renderSynchronously()
    painter.end()
    image.save(str(path))
    return [f"{error.layerID}: {error.message}" for error in job.errors()]


def main(source, folder):
    """Open, draw, and print."""
    app = QgsApplication([], False)
    app.initQgis()
    project = QgsProject.instance()
    opened = project.read(source)
    view = project.viewSettings().defaultViewExtent()
    layout = project.layoutManager().layoutByName("A4")
    sheet = None
    if layout is not None:
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.dpi = 150
        sheet = QgsLayoutExporter(layout).exportToImage(str(folder / "a4.png"), settings)
    times = project.timeSettings().temporalRange()
    print(
        json.dumps(
            {
                "opened": opened,
                "title": project.title(),
                "crs": project.crs().authid(),
                "layers": layers_of(project),
                "errors": draw(project, view, folder / "map.png"),
                "relations": {
                    relation.name(): relation.isValid()
                    for relation in project.relationManager().relations().values()
                },
                "sheet": int(sheet) if sheet is not None else None,
                "items": sorted({type(i).__name__ for i in layout.items()}) if layout else [],
                "begin": times.begin().toUTC().toString("yyyy-MM-ddTHH:mm:ssZ"),
                "end": times.end().toUTC().toString("yyyy-MM-ddTHH:mm:ssZ"),
                "abstract": project.metadata().abstract(),
            }
        )
    )
    sys.stdout.flush()
    os._exit(0)


main(sys.argv[1], Path(sys.argv[2]))
