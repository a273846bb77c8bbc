"""Open projects in QGIS, draw the first, and say as JSON what QGIS found: run by Debian's Python.

    /usr/bin/python3 open_in_qgis.py FOLDER PROJECT...

PROJECT is a file, or ``geopackage:FILE?projectName=NAME``.  FOLDER gets ``map.png`` of the first,
and ``a4.png`` of its print layout.
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
                "about": {f.name(): f.comment() for f in layer.fields()}
                if vector
                else {},
                "temporal": layer.temporalProperties().isActive(),
                "source": layer.source(),
                "attribution": layer.serverProperties().attribution(),
                "classes": len(renderer.legendSymbolItems())
                if vector and renderer
                else 0,
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


def pictures(project, folder):
    """Draw map and sheet, and return what went wrong with the one and the other."""
    view = project.viewSettings().defaultViewExtent()
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 150
    layout = project.layoutManager().layoutByName("A4")
    sheet = QgsLayoutExporter(layout).exportToImage(str(folder / "a4.png"), settings)
    return {
        "errors": draw(project, view, folder / "map.png"),
        "sheet": int(sheet),
        "kept_off": sorted(
            [rule.labeledLayer().name(), rule.targetLayer().name()]
            for rule in project.labelingEngineSettings().rules()
        ),
        "items": sorted({type(item).__name__ for item in layout.items()}),
    }


def found_in(project):
    """Return what QGIS says of an open project."""
    times = project.timeSettings().temporalRange()
    return {
        "crs": project.crs().authid(),
        "layers": layers_of(project),
        "relations": {
            relation.name(): relation.isValid()
            for relation in project.relationManager().relations().values()
        },
        "begin": times.begin().toUTC().toString("yyyy-MM-ddTHH:mm:ssZ"),
        "end": times.end().toUTC().toString("yyyy-MM-ddTHH:mm:ssZ"),
    }


def main(folder, *sources):
    """Open, draw, and print."""
    app = QgsApplication([], False)
    app.initQgis()
    project = QgsProject.instance()
    found = []
    for source in sources:
        opened = project.read(source)
        drawn = {} if found else pictures(project, folder)
        found.append({"opened": opened, **found_in(project), **drawn})
    print(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)


main(Path(sys.argv[1]), *sys.argv[2:])
