'use strict';
const { study, findings, key } = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const names = {
  har_rv: 'HAR-RV', 'har_rv+remora_volatility': 'HAR-RV with Remora’s volatility', 'ewma_0.94': 'EWMA (0.94)',
  garch_1_1: 'GARCH (1,1)', remora_score: 'Remora’s score', remora_volatility: 'Remora’s volatility',
  part_external: 'part: outside', part_regime: 'part: regime', part_trend_strength: 'part: trend',
  part_momentum: 'part: momentum', high_vol: 'high volatility',
};
const named = name => names[name] ?? name;
const severalPairs = new Set(study.cells.map(c => c.market)).size > 1;
const strategyOf = x => severalPairs ? `${x.strategy} ${x.market}` : x.strategy; // of a cell or a detail

function fixed(x, digits = 2) {
  if (x === null || x === undefined) return '';
  const text = x.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text; // avoids -0.0
}

const pText = p => p === null || p === undefined ? '' : p < 0.001 ? '<0.001' : p.toFixed(3);

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

const first = {}; // in a row's cells: the start of a group

function table(id, heads, rows) {
  const target = byId(id);
  target.replaceChildren();
  const head = target.createTHead().insertRow();
  heads.forEach(h => head.append(element('th', h)));
  const body = target.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    for (const cell of cells) {
      if (cell instanceof Node) row.insertCell().append(cell);
      else if (cell === first) row.className = 'first';
      else if (cell !== null && typeof cell === 'object') {
        const made = row.insertCell();
        made.textContent = cell.text;
        if (cell.className) made.className = cell.className;
        if (cell.heat !== undefined) made.style.background = heat(cell.heat);
      } else row.insertCell().textContent = cell;
    }
  }
}

// Green above 0, red below. The colour is stronger for larger values and full at 1.
function heat(x) {
  const strength = Math.min(1, Math.abs(x));
  return `color-mix(in srgb, ${x >= 0 ? 'var(--good)' : 'var(--bad)'} ${Math.round(strength * 45)}%, transparent)`;
}

const pCell = p => ({ text: pText(p), className: p === null ? '' : p < 0.05 ? 'good' : p > 0.95 ? 'bad' : '' });

function band(test, ungated) {
  const values = [test.placebo_low, test.placebo_high, test.value, ungated];
  const low = Math.min(...values), span = Math.max(...values) - low || 1;
  const at = x => `${4 + 92 * (x - low) / span}%`;
  const made = element('span', undefined, 'band');
  const bar = element('i'), dot = element('b'), line = element('u');
  bar.style.left = at(test.placebo_low);
  bar.style.width = `${92 * (test.placebo_high - test.placebo_low) / span}%`;
  dot.style.left = at(test.value);
  line.style.left = at(ungated);
  made.append(bar, line, dot);
  const placebos = `placebos ${fixed(test.placebo_low)} to ${fixed(test.placebo_high)}`;
  made.title = `${placebos}, gate ${fixed(test.value)}, no gate ${fixed(ungated)}`;
  return made;
}

function showCells() {
  let before = null;
  const heads = [
    'strategy', 'period', 'blocked', 'trades', 'profit %', 'placebos', 'p', 'Holm', 'drawdown %', 'p',
    'edge %', 'p', 'losers', 'p', 'worst tenth', 'p',
  ];
  table('cells', heads, study.cells.filter(c => c.role === 'policy').map(c => {
    const begins = strategyOf(c) !== before;
    before = strategyOf(c);
    const { ungated, gated, tests, entries } = c;
    return [
      ...(begins ? [first] : []), begins ? before : '', { text: c.period, className: 'text' },
      `${fixed(100 * c.time_blocked, 0)} %`, `${ungated.trades} → ${gated.trades}`,
      `${fixed(ungated.profit_total_pct, 1)} → ${fixed(gated.profit_total_pct, 1)}`,
      band(tests.profit_total_pct, ungated.profit_total_pct), pCell(tests.profit_total_pct.p), pText(c.holm),
      `${fixed(ungated.max_relative_drawdown_pct, 1)} → ${fixed(gated.max_relative_drawdown_pct, 1)}`,
      pCell(tests.max_drawdown_pct.p),
      fixed(entries.edge_pct), pCell(tests.edge_pct.p),
      fixed(entries.loser_lift), pCell(tests.loser_lift.p),
      fixed(entries.worst_lift), pCell(tests.worst_lift.p),
    ];
  }));
}

function plot(id, title, xs, series, options = {}) {
  const target = byId(id);
  target.replaceChildren();
  const axis = { stroke: css('--faint'), grid: { stroke: css('--line'), width: 1 }, ticks: { stroke: css('--line') } };
  const nameOfX = (_, v) => {
    if (v === null) return '';
    return options.categories ? options.categories[v] ?? '' : new Date(1000 * v).toISOString().slice(0, 10);
  };
  // Keeps categories away from the edges, and starts bars at 0.
  const scales = options.categories ? {
    x: { time: false, range: () => [-0.5, xs.length - 0.5] },
    y: { range: (_, low, high) => [Math.min(0, low * 1.05), Math.max(0, high * 1.05)] },
  } : { x: { time: true } };
  new uPlot({
    title, width: target.clientWidth || 1000, height: options.height || 300,
    scales,
    axes: [options.categories ? categoryAxis(axis, options.categories) : axis, { ...axis, size: 64 }],
    series: [{ label: options.categories ? 'bin' : 'day', value: nameOfX }, ...series.map(s => ({
      label: s.label, stroke: s.color, width: 1.5, fill: s.fill,
      paths: s.bars ? uPlot.paths.bars({ size: [0.6, 60] }) : undefined,
      points: s.bars ? { show: false } : undefined,
      value: (_, v) => fixed(v, s.digits ?? 2),
    }))],
  }, [xs, ...series.map(s => s.values)], target);
}

// Rotates the names of bins when they do not fit side by side.
function categoryAxis(axis, categories) {
  const room = (byId('equity').clientWidth - 80) / categories.length;
  const aslant = room < 7 * Math.max(...categories.map(c => c.length));
  return {
    ...axis, values: (_, ticks) => ticks.map(t => categories[t] ?? ''), incrs: [1], space: 0,
    rotate: aslant ? 55 : 0, size: aslant ? 84 : 44,
  };
}

function drawdown(balances) {
  let peak = -Infinity;
  return balances.map(b => { peak = Math.max(peak, b); return 100 * (b / peak - 1); });
}

function showStrategy() {
  const detail = study.details.find(d => strategyOf(d) === byId('strategy').value);
  const { days, ungated, gated } = detail.equity;
  const both = (first, second) => [
    { label: 'without gate', color: css('--two'), values: first },
    { label: study.policy, color: css('--one'), values: second },
  ];
  plot('equity', 'Balance', days, both(ungated, gated));
  plot('drawdown', 'Below the peak, in percent', days, both(drawdown(ungated), drawdown(gated)), { height: 200 });
  plot('risk', 'Mean profit in percent by score at entry', detail.by_score.map((_, i) => i),
    [['gain', '--good', x => x >= 0], ['loss', '--bad', x => x < 0]].map(([label, color, takes]) => ({
      label, color: css(color), fill: css(color), bars: true, digits: 3,
      values: detail.by_score.map(g => takes(g.profit_mean_pct) ? g.profit_mean_pct : null),
    })),
    { height: 220, categories: detail.by_score.map(g => `${g.name} (${g.trades})`) });

  const years = [...new Set(detail.months.map(m => m.month.slice(0, 4)))];
  const strongest = Math.max(1, ...detail.months.map(m => Math.abs(m.gated_pct)));
  const rows = [];
  for (const [which, label] of [['ungated_pct', 'without gate'], ['gated_pct', study.policy]])
    for (const year of years)
      rows.push([`${year} ${label}`, ...Array.from({ length: 12 }, (_, i) => {
        const month = detail.months.find(m => m.month === `${year}-${String(i + 1).padStart(2, '0')}`);
        return month ? { text: fixed(month[which], 1), heat: month[which] / strongest } : '';
      })]);
  table('months', ['', 'Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'], rows);
}

function showRegimes() {
  const regimes = [...new Set(study.details.flatMap(d => d.by_regime.map(r => r.name)))];
  table('regimes', ['strategy', ...regimes.map(named)], study.details.map(d => {
    const strongest = Math.max(0.001, ...d.by_regime.map(r => Math.abs(r.profit_mean_pct)));
    return [strategyOf(d), ...regimes.map(n => {
      const group = d.by_regime.find(r => r.name === n);
      if (!group) return '';
      const { profit_mean_pct: mean, trades } = group;
      return { text: `${fixed(mean, 3)} (${trades})`, heat: mean / strongest };
    })];
  }));
}

function showGates() {
  const first = study.cells.filter(c => c.period === study.cells[0].period);
  const strategies = [...new Set(first.map(strategyOf))];
  const at = (s, gate) => first.find(c => strategyOf(c) === s && c.gate === gate);
  table('gates', ['gate', ...strategies], [
    ['no gate', ...strategies.map(s => fixed(first.find(c => strategyOf(c) === s).ungated.profit_total_pct))],
    ...[...new Set(first.map(c => c.gate))].map(gate => [gate, ...strategies.map(s => {
      const cell = at(s, gate), p = cell.tests.profit_total_pct.p;
      return { text: `${fixed(cell.gated.profit_total_pct)} (p ${pText(p)})`, className: pCell(p).className };
    })]),
  ]);
}

function showCalibration() {
  const calibration = study.calibration[byId('period').value].result;
  const hours = Number(byId('horizon').value);
  const deciles = calibration.deciles.find(d => d.measure === byId('measure').value && d.horizon_hours === hours);
  const correlation = `rank correlation ${fixed(deciles.volatility_correlation)}`;
  const title = `After each tenth of ${named(deciles.measure)}, ${hours} h ahead, in percent (${correlation})`;
  plot('calibration', title, deciles.bins.map((_, i) => i), [
    { label: 'realised volatility', color: css('--one'), values: deciles.bins.map(b => 100 * b.volatility) },
    { label: 'worst drawdown', color: css('--two'), values: deciles.bins.map(b => 100 * b.drawdown) },
    { label: 'tail loss', color: css('--bad'), values: deciles.bins.map(b => 100 * b.tail_loss) }],
  { height: 280, categories: deciles.bins.map(b => `${fixed(b.low)}–${fixed(b.high)}`) });
  const heads = [
    'forecast of volatility', 'rank correlation', 'R² of log volatility', 'QLIKE', 'against HAR-RV', 'p',
  ];
  table('forecasts', heads, calibration.forecasts.find(f => f.horizon_hours === hours).rows.map(r => [
    named(r.name), fixed(r.rank_correlation, 3), fixed(r.r2, 3), fixed(r.qlike, 3), fixed(r.diebold_mariano),
    pText(r.p),
  ]));
}

function choose(id, values, labels, show) {
  values.forEach((v, i) => byId(id).append(Object.assign(element('option', labels[i]), { value: v })));
  byId(id).onchange = show;
}

for (const { value, words } of key) {
  const tile = element('li');
  tile.append(element('b', value), element('span', words));
  byId('key').append(tile);
}
findings.slice(1).forEach(f => byId('findings').append(element('li', f)));
showCells();
showRegimes();
showGates();
if (study.details.length > 0) {
  const strategies = study.details.map(strategyOf);
  choose('strategy', strategies, strategies, showStrategy);
  byId('span').textContent = study.span;
  showStrategy();
}
if (study.calibration.length > 0) {
  const first = study.calibration[0].result;
  const measures = [...new Set(first.deciles.map(d => d.measure))];
  const horizons = [...new Set(first.deciles.map(d => d.horizon_hours))];
  const periods = study.calibration.map(c => `${c.market}, ${c.period}`);
  choose('period', periods.map((_, i) => i), periods, showCalibration);
  choose('measure', measures, measures.map(named), showCalibration);
  choose('horizon', horizons, horizons, showCalibration);
  byId('horizon').value = horizons[Math.min(1, horizons.length - 1)];
  showCalibration();
}

// Redraws the charts when the window's width or the colour scheme changes.
function redraw() {
  if (study.details.length > 0) showStrategy();
  if (study.calibration.length > 0) showCalibration();
}
let width = document.body.clientWidth;
window.addEventListener('resize', () => {
  if (document.body.clientWidth !== width) redraw();
  width = document.body.clientWidth;
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
