{# A QGIS style.  Sizes are in points, 0.75 of a CSS pixel: a printed map looks like the screen.
   What stands between the outer elements is in the project's layer too. #}
{%- macro option(name, value) %}
<Option name="{{ name }}" type="QString" value="{{ value }}"/>
{%- endmacro %}
{%- macro size(name, px) %}
{{- option(name, points(px)) }}{{ option(name ~ "_unit", "Point") }}
{%- endmacro %}
{%- macro begin(kind, pass=0) %}
<layer class="{{ kind }}" enabled="1" locked="0" pass="{{ pass }}"><Option type="Map">
{%- endmacro %}
{%- macro line(colour, px, dash=(), pass=0, cap="round", aside=0) %}
{{- begin("SimpleLine", pass) }}
{{- option("line_color", rgba(colour)) }}{{ option("line_style", "solid") }}
{{- size("line_width", px) }}{{ size("offset", aside) }}
{{- option("capstyle", "flat" if dash else cap) }}{{ option("joinstyle", "round") }}
{{- option("use_custom_dash", "1" if dash else "0") }}
{%- set lengths %}
{%- for length in dash or (5, 2) %}{{ points(length) }}{{ ";" if not loop.last }}{% endfor %}
{%- endset %}
{{- option("customdash", lengths) }}
{{- option("customdash_unit", "Point") }}
</Option></layer>
{%- endmacro %}
{%- macro mark(symbol, name, angle=0, offset=(0, 0)) %}
{{- begin("SimpleMarker") }}
{{- option("name", name) }}{{ option("color", rgba(symbol.fill or symbol.colour, symbol.fill_opacity)) }}
{{- option("outline_color", rgba(symbol.casing or symbol.colour) if symbol.shape == "dots" else rgba(symbol.colour)) }}
{{- option("outline_style", "dot" if symbol.dash else "solid") }}
{{- size("outline_width", symbol.width if symbol.shape != "dots" or symbol.casing else 0) }}
{{- size("size", 2 * symbol.radius) }}
{{- option("angle", angle) }}
{{- option("offset", points(offset[0]) ~ "," ~ points(offset[1])) }}{{ option("offset_unit", "Point") }}
</Option></layer>
{%- endmacro %}
{#- The disc that holds a sighting's position, true to scale: QGIS reads its diameter, in metres,
    off each feature. #}
{%- macro disc(symbol, column) %}
{{- begin("SimpleMarker") }}
{{- option("name", "circle") }}{{ option("color", rgba(symbol.fill, 0.15)) }}
{{- option("outline_color", rgba(symbol.fill)) }}{{ option("outline_style", "dash") }}
{{- size("outline_width", 1) }}{{ option("size_unit", "RenderMetersInMapUnits") }}
</Option><data_defined_properties><Option type="Map">
<Option name="name" type="QString" value=""/>
<Option name="properties" type="Map"><Option name="size" type="Map">
<Option name="active" type="bool" value="true"/>
<Option name="expression" type="QString" value="2 * &quot;{{ column }}&quot;"/>
<Option name="type" type="int" value="3"/>
</Option></Option>
<Option name="type" type="QString" value="collection"/>
</Option></data_defined_properties></layer>
{%- endmacro %}
{#- A number that is drawn with its mark, so that a mark on top covers both. #}
{%- macro number(symbol, expression) %}
{{- begin("FontMarker") }}
{{- option("font", "DejaVu Sans") }}{{ option("font_style", "Bold") }}{{ option("chr", " ") }}
{{- option("color", rgba(ink(symbol.fill))) }}{{ option("outline_color", "0,0,0,0") }}{{ size("size", 1.5 * symbol.radius) }}
</Option><data_defined_properties><Option type="Map">
<Option name="name" type="QString" value=""/>
<Option name="properties" type="Map"><Option name="char" type="Map">
<Option name="active" type="bool" value="true"/>
<Option name="expression" type="QString" value="{{ expression }}"/>
<Option name="type" type="int" value="3"/>
</Option></Option>
<Option name="type" type="QString" value="collection"/>
</Option></data_defined_properties></layer>
{%- endmacro %}
{%- macro layers(symbol, aside=0) %}
{%- if drawn.band_m %}
{{- begin("SimpleLine") }}
{{- option("line_color", rgba(symbol.fill)) }}{{ option("line_width", 2 * drawn.band_m) }}
{{- option("line_width_unit", "RenderMetersInMapUnits") }}
{{- option("capstyle", "round") }}{{ option("joinstyle", "round") }}
</Option></layer>
{%- elif symbol.shape == "line" %}
{%- if symbol.casing %}{{ line(symbol.casing, symbol.casing_width, aside=aside) }}{% endif %}
{{- line(symbol.colour, symbol.width, symbol.dash, 1, aside=aside) }}
{%- elif symbol.shape == "area" %}
{{- begin("SimpleFill") }}
{{- option("color", rgba(symbol.fill, symbol.fill_opacity)) }}{{ option("outline_style", "no") }}
</Option></layer>
{%- if symbol.casing %}{{ line(symbol.casing, symbol.casing_width) }}{% endif %}
{{- line(symbol.colour, symbol.width, symbol.dash) }}
{%- elif symbol.shape == "gate" %}
{{- mark(symbol, "equilateral_triangle", 90, (0, 0.75 * symbol.radius)) }}
{{- mark(symbol, "equilateral_triangle", 270, (0, 0.75 * symbol.radius)) }}
{%- elif symbol.shape == "crossed" %}
{{- mark(symbol, "square") }}{{ mark(symbol, "cross2") }}
{%- elif symbol.shape == "label" %}
{{- begin("SimpleMarker") }}
{{- option("name", "circle") }}{{ option("color", "0,0,0,0") }}{{ option("outline_style", "no") }}{{ size("size", 1) }}
</Option></layer>
{%- else %}
{%- if drawn.around %}{{ disc(symbol, drawn.around) }}{% endif %}
{{- mark(symbol, {"dots": "circle", "cross": "cross_fill"}.get(symbol.shape, symbol.shape)) }}
{%- if drawn.number %}{{ number(symbol, drawn.number) }}{% endif %}
{%- endif %}
{%- endmacro %}
{%- macro condition(rule) %}
{%- set parts = [] %}
{%- if drawn.only %}{% set _ = parts.append("(" ~ drawn.only ~ ")") %}{% endif %}
{%- for column, listed in (rule.where or {}).items() %}
{%- set name = '"' ~ column ~ '"' if column in table.names else "(" ~ column ~ ")" %}
{%- set quoted = [] %}
{%- for value in listed %}{% set _ = quoted.append("'" ~ value.replace("'", "''") ~ "'") %}{% endfor %}
{%- set _ = parts.append("to_string(" ~ name ~ ") IN (" ~ quoted | join(", ") ~ ")") %}
{%- endfor %}
{{- parts | join(" AND ") }}
{%- endmacro %}
{%- macro body() %}
<aliases>
{%- for column in table.columns %}
<alias field="{{ column.name }}" name="{{ column.title }}" index="{{ loop.index }}"/>
{%- endfor %}
</aliases>
{%- if drawn.graduated %}
<renderer-v2 type="graduatedSymbol" symbollevels="0" attr="{{ drawn.graduated.column }}" graduatedMethod="{{ 'GraduatedColor' if drawn.graduated.changes == 'colour' else 'GraduatedSize' }}">
<ranges>
{%- for rule in rules %}
<range symbol="{{ loop.index0 }}" lower="{{ rule.low }}" upper="{{ rule.high }}" label="{{ rule.title }}" render="true"/>
{%- endfor %}
</ranges>
{%- else %}
{#- Marks of several patrols at one place stand side by side. #}
{%- if drawn.number %}
<renderer-v2 type="pointDisplacement" placement="2" tolerance="4.5" toleranceUnit="MM" circleWidth="0" circleColor="0,0,0,0" circleRadiusAddition="0" labelAttributeName="" symbollevels="0">
<symbol type="marker" alpha="0" name="centerSymbol">{{ begin("SimpleMarker") }}{{ size("size", 0.1) }}</Option></layer></symbol>
{%- endif %}
<renderer-v2 type="RuleRenderer" symbollevels="{{ 1 if rules and rules[0].symbol.shape == 'line' and not drawn.band_m else 0 }}">
<rules>
{%- for rule in rules %}
{%- set filter = condition(rule) %}
{%- set others = rule.where is none and rules | length > 1 and not drawn.only %}
<rule symbol="{{ loop.index0 }}" label="{{ rule.title }}" filter="{{ 'ELSE' if others else filter }}"
{%- if rule.min_scale %} scalemindenom="1" scalemaxdenom="{{ rule.min_scale }}"{% endif %}
{%- if not rule.shown %} checkstate="0"{% endif %}/>
{%- endfor %}
</rules>
{%- endif %}
<symbols>
{%- for rule in rules %}
{%- set symbol = rule.symbol %}
<symbol type="{{ 'line' if drawn.band_m else {'line': 'line', 'area': 'fill'}.get(symbol.shape, 'marker') }}" alpha="{{ '%g' | format(1 if drawn.band_m else symbol.opacity) }}" name="{{ loop.index0 }}">
{{- layers(symbol, rule.aside) }}
</symbol>
{%- endfor %}
</symbols></renderer-v2>
{%- if drawn.number %}</renderer-v2>{% endif %}
{%- if drawn.blend %}<blendMode>6</blendMode>{% endif %}
{%- if drawn.band_m %}
<layerOpacity>{{ 2 * rules[0].symbol.fill_opacity }}</layerOpacity>
{%- endif %}
{%- if drawn.label %}
<labeling type="simple"><settings>
<text-style fieldName="{{ drawn.label }}" isExpression="{{ 0 if drawn.label in table.names else 1 }}" fontFamily="DejaVu Sans" fontSize="8" fontSizeUnit="Point" fontWeight="75" namedStyle="Bold" textColor="{{ rgba('#24211c' if drawn.number else rules[0].symbol.colour) }}" textOpacity="1">
<text-buffer bufferDraw="1" bufferSize="1.5" bufferSizeUnits="Point" bufferColor="255,255,255,255" bufferOpacity="0.9"/>
</text-style>
<placement placement="6" dist="{{ 5 if drawn.number else 2 }}" distUnits="MM" predefinedPositionOrder="R,L,TR,BR,TL,BL,TSR,BSR"/>
<rendering displayAll="0" obstacle="1" obstacleFactor="2" scaleVisibility="0"/>
</settings></labeling>
{%- endif %}
{%- if moments %}
<temporal enabled="1" mode="2" startField="starts_at" endField="ends_at" durationUnit="min" fixedDuration="0" limitMode="0" accumulate="0" startExpression="" endExpression="" durationField=""><fixedRange><start/><end/></fixedRange></temporal>
{%- endif %}
{%- endmacro %}
{%- if whole %}
<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.40.0" styleCategories="AllStyleCategories" labelsEnabled="{{ 1 if drawn.label or drawn.number else 0 }}">
{%- endif %}
{{- body() }}
{%- if whole %}
</qgis>
{%- endif %}
