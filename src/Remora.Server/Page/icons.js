// Icons that accompany words, so that no information depends on colour alone.
import { drawing } from './dom.js';

const pen = { fill: 'none', stroke: 'currentColor', 'stroke-width': 2 };
const round = { 'stroke-linecap': 'round', 'stroke-linejoin': 'round' };
const line = d => drawing('path', { d, ...pen, ...round });
const solid = d => drawing('path', { d, fill: 'currentColor' });
const cut = d => drawing('path', { d, ...pen, ...round, stroke: 'var(--panel)', 'stroke-width': 2.2 });
const circle = (r, more) => drawing('circle', { cx: 12, cy: 12, r, ...pen, ...more });

const shapes = {
  safe: () => [
    solid('M12 1.500a10.500 10.500 0 1 0 0 21 10.500 10.500 0 0 0 0-21z'),
    cut('M7 12.400l3.400 3.400L17.200 8.800'),
  ],
  caution: () => [
    solid('M12 2.200c.800 0 1.500.400 1.900 1.100l8.700 15.300c.800 1.500-.200 3.200-1.900 3.200H3.300'
      + 'c-1.700 0-2.700-1.700-1.900-3.200L10.100 3.300c.400-.700 1.100-1.100 1.900-1.100z'),
    cut('M12 9v5'),
    cut('M12 17.800v.1'),
  ],
  blocked: () => [
    solid('M7.700 1.500h8.600l6.200 6.200v8.600l-6.200 6.200H7.700l-6.200-6.200V7.700z'),
    cut('M7 12h10'),
  ],
  unknown: () => [
    circle(9.5, { 'stroke-dasharray': '3 2.6' }),
    line('M9.200 9.500a2.900 2.900 0 1 1 4.300 2.600c-1 .500-1.500 1-1.500 2'),
    line('M12 17.200v.1'),
  ],
  good: () => [line('M4 12.800l5.200 5L20 6.500')],
  worn: () => [circle(9), line('M12 7v5.200l3.300 2')],
  bad: () => [line('M5.500 5.500l13 13M18.500 5.500l-13 13')],
  flag: () => [line('M5 21.500V3.500'), solid('M5 4h13l-3 4 3 4.500H5z')],
  live: () => [solid('M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z'), line('M7 17a7 7 0 0 1 0-10M17 7a7 7 0 0 1 0 10')],
  polling: () => [
    line('M19.500 8.500A8.200 8.200 0 0 0 4.300 10M4.500 15.500A8.200 8.200 0 0 0 19.700 14'),
    line('M20 3.800v4.700h-4.700M4 20.200v-4.700h4.700'),
  ],
  lost: () => [line('M3.500 3.500l17 17M7 17a7 7 0 0 1-1.200-8M17 7a7 7 0 0 1 1.500 8.500')],
  sun: () => [
    circle(4.2),
    line('M12 2v2.400M12 19.600V22M2 12h2.400M19.600 12H22'),
    line('M4.900 4.900l1.700 1.700M17.400 17.400l1.700 1.700M4.900 19.100l1.700-1.700M17.400 6.600l1.700-1.700'),
  ],
  moon: () => [line('M20.500 14.500A8.700 8.700 0 0 1 9.500 3.500a8.700 8.700 0 1 0 11 11z')],
  screen: () => [line('M3 4.500h18v12H3zM8.500 20.500h7M12 16.500v4')],
};
shapes.connecting = shapes.polling;

export const icon = name =>
  drawing('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' }, shapes[name]());
