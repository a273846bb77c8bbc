{# A QGIS style of a raster: classes of values, each in its colour, the last without end. #}
{%- macro body() %}
<pipe><rasterrenderer type="singlebandpseudocolor" band="{{ band }}" alphaBand="-1" opacity="{{ opacity }}" nodataColor="" classificationMin="0" classificationMax="{{ classes[-2].high }}">
<rasterTransparency/>
<rastershader><colorrampshader colorRampType="DISCRETE" classificationMode="1" clip="0" minimumValue="0" maximumValue="{{ classes[-2].high }}" labelPrecision="0">
{%- for each in classes %}
<item value="{{ each.high }}" color="{{ each.colour }}" alpha="{{ 255 if each.shown else 0 }}" label="{{ each.title }}"/>
{%- endfor %}
</colorrampshader></rastershader></rasterrenderer></pipe>
{%- endmacro %}
{%- if whole %}
<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.40.0" styleCategories="AllStyleCategories">
{%- endif %}
{{- body() }}
{%- if whole %}
</qgis>
{%- endif %}
