// A uPlot chart in the page's colours: UTC, as wide as its container, with a readout and an
// equivalent table.
import uPlot from 'uplot';
import { make, table } from '../dom.js';
import { moment, timeOfDay, day } from '../service-clock.js';
import { colour } from './ribbon.js';

const hour = 3600;

/** Labels of ticks: times within two days, dates beyond. */
function tickNames(chart, ticks) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : hour;
  let before = null;
  return ticks.map(tick => {
    const date = day(tick * 1000), isNew = date !== before;
    before = date;
    return step >= 20 * hour ? date : `${timeOfDay(tick * 1000)}${isNew ? '\n' + date : ''}`;
  });
}

export const line = (label, name, scale, more) => ({
  label, scale, stroke: () => colour(name), width: 1.75, points: { show: false }, spanGaps: false, ...more,
});

export const axis = (scale, values, more) => ({
  scale, stroke: () => colour('--soft'), font: '12px system-ui, sans-serif', size: 58,
  values: values && ((_, ticks) => ticks.map(values)),
  grid: { stroke: () => colour('--line'), width: 1 }, ticks: { show: false }, ...more,
});

/** Legend of lines: [name of the colour's class, word, whether it is dashed]. */
export const lineNames = names =>
  make('p', { class: 'regimes', 'aria-hidden': 'true' },
    names.map(([colourClass, word, isDashed]) =>
      make('span', { class: colourClass }, make('i', { class: isDashed ? 'stroke dashed' : 'stroke' }), word)));

/**
 * Creates a chart. data is [times, ...columns] as in uPlot; `describe(index)` returns the readout
 * of a point, `summary` the text for screen readers, `alternative` the table {caption, heads,
 * rows}.
 */
export function chart({ height = 260, series, axes, scales, hooks, describe, summary, onSelect }) {
  const box = make('div', { class: 'chart', role: 'img' });
  const readout = make('p', { class: 'readout', 'aria-hidden': 'true' });
  const details = make('details', { class: 'data' });
  const element = make('figure', null, readout, box, details);
  let plot = null, current = null;

  const read = () => {
    if (!plot || !current) return;
    const index = plot.cursor.idx ?? current.data[0].length - 1;
    if (index < 0) readout.replaceChildren();
    else readout.replaceChildren(make('b', null, moment(current.data[0][index] * 1000)), ...describe(current, index));
  };
  const begin = () => {
    plot = new uPlot({
      width: Math.max(200, box.clientWidth), height, legend: { show: false },
      tzDate: at => uPlot.tzDate(new Date(at * 1e3), 'Etc/UTC'), padding: [10, 8, 0, 0],
      cursor: { drag: { x: Boolean(onSelect), y: false, setScale: false }, points: { size: 7 } },
      scales: { x: { time: true }, ...scales },
      axes: [axis('x', null, { values: tickNames, size: 40, space: 70 }), ...axes],
      series: [{}, ...series],
      hooks: {
        ...hooks, setCursor: [read],
        setSelect: [chosen => {
          const { left, width } = chosen.select;
          if (onSelect && width > 4) onSelect(chosen.posToVal(left, 'x'), chosen.posToVal(left + width, 'x'));
        }],
      },
    }, current.data, box);
  };
  const resized = new ResizeObserver(() => {
    if (plot && box.clientWidth > 0 && box.clientWidth !== plot.width) plot.setSize({ width: box.clientWidth, height });
  });
  const themed = () => plot?.redraw(false);

  return {
    element,
    show(next) {
      current = next;
      box.setAttribute('aria-label', summary(next));
      const { caption, heads, rows } = next.alternative;
      const fill = () => {
        details.replaceChildren(make('summary', null, 'The same as a table'));
        if (details.open) details.append(table(caption, heads, rows()));
      };
      details.ontoggle = fill;
      if (!details.firstChild || details.open) fill();
      if (plot) plot.setData(next.data);
      else if (box.isConnected) begin();
      read();
    },
    start(signal) {
      resized.observe(box);
      const scheme = matchMedia('(prefers-color-scheme: dark)');
      scheme.addEventListener('change', themed, { signal });
      addEventListener('themechange', themed, { signal });
      signal.addEventListener('abort', () => {
        resized.disconnect();
        plot?.destroy();
        plot = null;
      }, { once: true });
      if (current && !plot) begin();
    },
  };
}
