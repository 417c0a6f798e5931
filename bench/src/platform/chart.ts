/** Lines over two logarithmic axes as SVG, drawn without a browser. */
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

export interface ChartLine {
  readonly name: string;
  readonly colour: string;
  readonly dashed: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly subtitle: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly ChartLine[];
}

const SIZE = { width: 860, height: 520 };

export function chartSvg({ title, subtitle, x, y, lines }: Chart): string {
  use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  const axis = { type: 'log' as const, nameLocation: 'middle' as const, minorSplitLine: { show: true, lineStyle: { opacity: 0.4 } }, splitLine: { show: true } };
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, subtext: subtitle, left: 'center' },
    legend: { bottom: 6 },
    grid: { left: 70, right: 30, top: 70, bottom: 80 },
    xAxis: { ...axis, name: x, nameGap: 26 },
    yAxis: { ...axis, name: y, nameGap: 46 },
    series: lines.map(({ name, colour, dashed, points }) => ({
      type: 'line' as const,
      name,
      data: points.map((point) => [...point]),
      symbolSize: 6,
      symbol: dashed ? 'emptyCircle' : 'circle',
      itemStyle: { color: colour },
      lineStyle: { color: colour, type: dashed ? ('dashed' as const) : ('solid' as const) },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
