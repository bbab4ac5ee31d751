// Small figures as SVG: drawn again at each width, so that text and lines keep their size.
import { drawing } from '../dom.js';

/** `draw(width, height)` returns the content. */
export function figure(height, label, draw) {
  const svg = drawing('svg', { class: 'figure', role: 'img', 'aria-label': label, height });
  new ResizeObserver(([{ contentRect: { width } }]) => {
    if (width <= 0) return;
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    svg.replaceChildren(...draw(width, height).flat(Infinity).filter(Boolean));
  }).observe(svg);
  return svg;
}

/** A linear scale from a domain to pixels. */
export const scale = (from, to, start, end) => value => start + (value - from) / (to - from || 1) * (end - start);

/** Round numbers between two bounds, about as many as wanted. */
export function ticks(low, high, wanted) {
  const rough = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(candidate => candidate >= rough);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => (first + index) * step);
}

export const path = points =>
  points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

export const text = (x, y, words, anchor = 'start', className = null) =>
  drawing('text', { x, y, 'text-anchor': anchor, class: className }, words);

export const rule = (x1, y1, x2, y2, className) => drawing('line', { x1, y1, x2, y2, class: className });
