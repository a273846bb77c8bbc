{# A QGIS style.  Sizes are in points, 0.75 of a CSS pixel: a printed map looks like the screen. #}
{%- macro option(name, value) %}
<Option name="{{ name }}" type="QString" value="{{ value }}"/>
{%- endmacro %}
{%- macro size(name, px) %}
{{- option(name, points(px)) }}{{ option(name ~ "_unit", "Point") }}
{%- endmacro %}
{%- macro begin(kind) %}
<layer class="{{ kind }}" enabled="1" locked="0" pass="0"><Option type="Map">
{%- endmacro %}
{%- macro line(stroke) %}
{{- begin("SimpleLine") }}
{{- option("line_color", rgba(stroke.colour)) }}{{ option("line_style", "solid") }}
{{- size("line_width", stroke.width_px) }}
{{- option("capstyle", "flat" if stroke.dash_px else "round") }}{{ option("joinstyle", "round") }}
{{- option("use_custom_dash", "1" if stroke.dash_px else "0") }}
{%- set dash %}
{%- for px in stroke.dash_px or (5, 2) %}{{ points(px) }}{{ ";" if not loop.last }}{% endfor %}
{%- endset %}
{{- option("customdash", dash) }}
{{- option("customdash_unit", "Point") }}
</Option></layer>
{%- endmacro %}
{%- macro disc(marker) %}
{{- begin("SimpleMarker") }}
{{- option("name", "circle") }}{{ option("color", rgba(marker.fill)) }}
{{- option("outline_color", rgba(marker.outline.colour)) }}{{ option("outline_style", "solid") }}
{{- size("outline_width", marker.outline.width_px) }}{{ size("size", 2 * marker.radius_px) }}
</Option></layer>
{%- endmacro %}
{#- The disc that holds a sighting's position, true to scale: QGIS reads its diameter, in metres,
    off each feature. #}
{%- macro uncertainty(area) %}
{{- begin("SimpleMarker") }}
{{- option("name", "circle") }}{{ option("color", rgba(area.fill, area.fill_opacity)) }}
{{- option("outline_color", rgba(area.outline.colour)) }}{{ option("outline_style", "dash") }}
{{- size("outline_width", area.outline.width_px) }}{{ option("size_unit", "RenderMetersInMapUnits") }}
</Option><data_defined_properties><Option type="Map">
<Option name="name" type="QString" value=""/>
<Option name="properties" type="Map"><Option name="size" type="Map">
<Option name="active" type="bool" value="true"/>
<Option name="expression" type="QString" value="2 * &quot;uncertainty_m&quot;"/>
<Option name="type" type="int" value="3"/>
</Option></Option>
<Option name="type" type="QString" value="collection"/>
</Option></data_defined_properties></layer>
{%- endmacro %}
{%- macro fill(area) %}
{%- if area.fill_opacity %}
{{- begin("SimpleFill") }}
{{- option("color", rgba(area.fill, area.fill_opacity)) }}{{ option("outline_style", "no") }}
</Option></layer>
{%- endif %}
{{- line(area.outline) }}
{%- endmacro %}
<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.28.0" styleCategories="Symbology"><renderer-v2 type="{{ type }}" symbollevels="0"
{%- if attr %} attr="{{ attr }}"{% endif %}{% if method %} graduatedMethod="{{ method }}"{% endif %}>
{%- if type == "categorizedSymbol" %}
<categories>
{%- for entry in entries %}
<category symbol="{{ loop.index0 }}" value="{{ entry.value }}" type="string"
 label="{{ entry.value | replace('_', ' ') or 'other' }}" render="true"/>
{%- endfor %}
</categories>
{%- elif type == "graduatedSymbol" %}
<ranges>
{%- for entry in entries %}
<range symbol="{{ loop.index0 }}" lower="{{ entry.low }}" upper="{{ entry.high }}"
 label="{{ '%.3g to %.3g' | format(entry.low, entry.high) }} {{ unit }}" render="true"/>
{%- endfor %}
</ranges>
{%- endif %}
<symbols>
{%- for entry in entries %}
{%- set drawn = entry.drawn %}
{%- if drawn.radius_px is defined %}
<symbol type="marker" alpha="1" name="{{ loop.index0 }}">
{{- uncertainty(around) if around }}{{ disc(drawn) }}
{%- elif drawn.fill is defined %}
<symbol type="fill" alpha="1" name="{{ loop.index0 }}">
{{- fill(drawn) }}
{%- else %}
<symbol type="line" alpha="{{ '%g' | format(drawn.opacity) }}" name="{{ loop.index0 }}">
{{- line(drawn) }}
{%- endif %}
</symbol>
{%- endfor %}
</symbols></renderer-v2></qgis>
