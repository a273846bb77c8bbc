{# The same style for GeoServer and others: OGC Styled Layer Descriptor 1.1 with Symbology Encoding.
   Sizes are in pixels.  A condition that only QGIS can reckon is left out. #}
{%- macro parameter(name, value) %}
<se:SvgParameter name="{{ name }}">{{ value }}</se:SvgParameter>
{%- endmacro %}
{%- macro stroke(colour, px, dash=()) %}
<se:Stroke>
{{- parameter("stroke", colour) }}{{ parameter("stroke-width", px) }}
{%- if dash %}{{ parameter("stroke-dasharray", dash | join(" ")) }}{% endif %}
</se:Stroke>
{%- endmacro %}
{%- macro line(colour, px, dash=()) %}
<se:LineSymbolizer>{{ stroke(colour, px, dash) }}
</se:LineSymbolizer>
{%- endmacro %}
{%- macro symbolizers(symbol) %}
{%- if symbol.shape == "line" %}
{%- if symbol.casing %}{{ line(symbol.casing, symbol.casing_width) }}{% endif %}
{{- line(symbol.colour, symbol.width, symbol.dash) }}
{%- elif symbol.shape == "area" %}
<se:PolygonSymbolizer><se:Fill>{{ parameter("fill", symbol.fill) }}{{ parameter("fill-opacity", symbol.fill_opacity) }}
</se:Fill>{{ stroke(symbol.colour, symbol.width, symbol.dash) }}
</se:PolygonSymbolizer>
{%- elif symbol.shape == "label" %}
<se:TextSymbolizer><se:Label><ogc:PropertyName>name_en</ogc:PropertyName></se:Label>
<se:Fill>{{ parameter("fill", symbol.colour) }}
</se:Fill></se:TextSymbolizer>
{%- else %}
{%- set name = {"dots": "circle", "diamond": "square", "crossed": "x", "gate": "x"}.get(symbol.shape, symbol.shape) %}
<se:PointSymbolizer><se:Graphic>
<se:Mark><se:WellKnownName>{{ name }}</se:WellKnownName>
<se:Fill>{{ parameter("fill", symbol.fill or symbol.colour) }}{{ parameter("fill-opacity", symbol.fill_opacity) }}
</se:Fill>{{ stroke(symbol.colour, symbol.width) }}
</se:Mark>
<se:Size>{{ 2 * symbol.radius }}</se:Size>
{%- if symbol.shape == "diamond" %}
<se:Rotation><ogc:Literal>45</ogc:Literal></se:Rotation>
{%- endif %}
</se:Graphic></se:PointSymbolizer>
{%- endif %}
{%- endmacro %}
{%- macro compare(operator, column, value) %}
<ogc:PropertyIs{{ operator }}><ogc:PropertyName>{{ column }}</ogc:PropertyName><ogc:Literal>{{ value }}</ogc:Literal></ogc:PropertyIs{{ operator }}>
{%- endmacro %}
{%- macro condition(rule) %}
{%- if drawn.graduated %}
<ogc:Filter><ogc:And>
{{- compare("GreaterThanOrEqualTo", drawn.graduated.column, rule.low) }}
{{- compare("LessThanOrEqualTo" if rule is sameas rules[-1] else "LessThan", drawn.graduated.column, rule.high) }}
</ogc:And></ogc:Filter>
{%- elif rule.where %}
<ogc:Filter>{% if rule.where | length > 1 %}<ogc:And>{% endif %}
{%- for column, listed in rule.where.items() %}
{%- if listed | length > 1 %}<ogc:Or>{% endif %}
{%- for value in listed %}{{ compare("EqualTo", column, value) }}{% endfor %}
{%- if listed | length > 1 %}</ogc:Or>{% endif %}
{%- endfor %}
{% if rule.where | length > 1 %}</ogc:And>{% endif %}</ogc:Filter>
{%- elif rules | length > 1 %}
<se:ElseFilter/>
{%- endif %}
{%- endmacro -%}
<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.1.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc" xmlns:se="http://www.opengis.net/se" xmlns:xlink="http://www.w3.org/1999/xlink">
<NamedLayer><se:Name>{{ layer }}</se:Name><UserStyle><se:Name>{{ layer }}</se:Name><se:FeatureTypeStyle>
{%- for rule in rules %}
<se:Rule><se:Name>{{ rule.title }}</se:Name>
{{- condition(rule) }}
{%- if rule.min_scale %}
<se:MaxScaleDenominator>{{ rule.min_scale }}</se:MaxScaleDenominator>
{%- endif %}
{{- symbolizers(rule.symbol) }}
</se:Rule>
{%- endfor %}
</se:FeatureTypeStyle></UserStyle></NamedLayer>
</StyledLayerDescriptor>
