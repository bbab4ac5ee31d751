// The parts of a chart behind and below its lines: blocked spans as hatching, the regime as a
// ribbon with its name.
import { regimeWord } from '../words.js';

const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A colour of the page for a canvas, which does not support light-dark(). */
export function colour(name) {
  colour.probe ??= document.body.appendChild(Object.assign(document.createElement('i'), { hidden: true }));
  const { probe } = colour;
  probe.style.color = css(name);
  return getComputedStyle(probe).color;
}

/** Merges neighbours with equal values into one span {from, to, value}. */
export function spansOf(rows, valueOf, step) {
  const spans = [];
  for (const row of rows) {
    const value = valueOf(row);
    const last = spans.at(-1);
    if (last && last.value === value && row.at - last.to <= step * 1.5) last.to = row.at;
    else spans.push({ from: last && row.at - last.to <= step * 1.5 ? last.to : row.at - step, to: row.at, value });
  }
  return spans;
}

function hatch(context, ink) {
  const size = 8 * devicePixelRatio;
  const tile = new OffscreenCanvas(size, size);
  const pen = tile.getContext('2d');
  pen.strokeStyle = ink;
  pen.globalAlpha = 0.45;
  pen.lineWidth = 1.2 * devicePixelRatio;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return context.createPattern(tile, 'repeat');
}

const edges = (chart, span) => {
  const { left, width } = chart.bbox;
  const clamp = x => Math.max(left, Math.min(left + width, x));
  return [clamp(chart.valToPos(span.from, 'x', true)), clamp(chart.valToPos(span.to, 'x', true))];
};

export function drawBlocked(chart, spans) {
  const { ctx, bbox: { top, height } } = chart;
  ctx.save();
  for (const span of spans.filter(({ value }) => value)) {
    const [from, to] = edges(chart, span);
    ctx.fillStyle = colour('--blocked-tint');
    ctx.fillRect(from, top, to - from, height);
    ctx.fillStyle = hatch(ctx, colour('--blocked'));
    ctx.fillRect(from, top, to - from, height);
  }
  ctx.restore();
}

export function drawRibbon(chart, spans, thick = 16) {
  const { ctx, bbox: { top, height } } = chart;
  const ratio = devicePixelRatio, tall = thick * ratio, y = top + height - tall;
  ctx.save();
  ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'center';
  for (const span of spans) {
    const [from, to] = edges(chart, span);
    if (to <= from) continue;
    ctx.fillStyle = colour(`--regime-${span.value ?? 'unknown'}`);
    ctx.fillRect(from, y, to - from, tall);
    const word = regimeWord(span.value);
    if (ctx.measureText(word).width + 10 * ratio > to - from) continue;
    ctx.fillStyle = colour('--ink');
    ctx.fillText(word, (from + to) / 2, y + tall / 2);
  }
  ctx.restore();
}
