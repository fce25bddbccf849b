// The chart: units as rows, hooks as bars with their calls, statuses below them, acts across all rows.

const LEFT = 136;
const LANE = { step: 22, act: 22, axis: 20 };
const ROW = { bar: 28, status: 16, gap: 14 };
const LETTERS = { active: 'A', waiting: 'W', maintenance: 'M', blocked: 'B', error: 'E', unknown: 'U', terminated: 'T' };
const SIGNS = { ok: '', skipped: '–', killed: '†', failed: '✕' };

const view = { scale: 'folded', from: 0, to: 1, width: 800, unit: '', hook: '', onlyFailed: false, selected: null, time: null };
const scale = () => scales[view.scale].scale;
const x = (place) => LEFT + ((place - view.from) / (view.to - view.from)) * (view.width - LEFT);
const xOf = (time) => x(scale().place(time));

/** An element of SVG. */
function shape(name, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const titled = (words) => shape('title', {}, words);
const isShown = (row) => !view.unit || row.name === view.unit || row.application === view.unit;
const isFailed = (hook) => hook.verdict === 'failed' || hook.verdict === 'killed';
const isWanted = (hook) =>
  isShown({ name: hook.unit, application: applicationOf(hook.unit) })
  && hook.hook.includes(view.hook) && (!view.onlyFailed || isFailed(hook));

/** Words that end where there is no more room; nothing where there is none at all. */
function fitted(words, width, perCharacter = 6.7) {
  const room = Math.floor(width / perCharacter);
  if (words.length <= room) return words;
  return room < 3 ? '' : `${words.slice(0, room - 1)}…`;
}

/** Draws everything that is in view. */
function draw() {
  const chart = document.getElementById('chart');
  const shown = rows.filter(isShown);
  const hasSteps = marks.some((mark) => mark.kind === 'step');
  const top = (hasSteps ? LANE.step : 0) + LANE.act + LANE.axis;
  let y = top + 8;
  const bands = shown.map((row) => {
    const band = { row, y };
    y += (row.isUnit ? ROW.bar : 0) + ROW.status + ROW.gap;
    return band;
  });
  chart.setAttribute('viewBox', `0 0 ${view.width} ${y}`);
  chart.setAttribute('height', y);
  const plot = shape('g', { 'clip-path': 'url(#plot)' });
  const flags = [...acts(hasSteps ? LANE.step : 0, y)];
  plot.append(...(hasSteps ? steps(y) : []), ...ticksOfAxis(top, y), ...flags.map(([line]) => line));
  bands.forEach((band) => plot.append(...statuses(band), ...bars(band)));
  plot.append(...flags.map(([, flag]) => flag), ...cursor(top, y));
  const clip = shape('clipPath', { id: 'plot' }, shape('rect', { x: LEFT, y: 0, width: Math.max(0, view.width - LEFT), height: y }));
  chart.replaceChildren(clip, ...bands.map(label), plot);
}

function label({ row, y }) {
  const words = fitted(row.name, LEFT - 18, 7.4);
  const baseline = y + (row.isUnit ? ROW.bar / 2 + 5 : 12);
  return shape('text', { x: 4, y: baseline, class: row.isUnit ? 'unit' : 'application' }, words, titled(row.name));
}

/** 0, 200 ms, 4 s, 3 min. */
function roundTime(time) {
  if (time === 0) return '0';
  if (time < 1000) return `${time} ms`;
  return time < 60000 ? `${time / 1000} s` : `${Math.round(time / 600) / 100} min`;
}

/** Lines at round times; where pauses are cut short, they stand wherever those times are. */
function* ticksOfAxis(top, bottom) {
  let free = LEFT;
  const first = scale().time(view.from);
  const span = scale().time(view.to) - first;
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5, 36e5].find((step) => span / step <= 40) ?? 36e5;
  for (let time = Math.ceil(first / step) * step; time <= first + span; time += step) {
    const at = xOf(time);
    if (at < free) continue;
    free = at + 68;
    yield shape('line', { x1: at, x2: at, y1: top - 6, y2: bottom, class: 'grid' });
    yield shape('text', { x: at + 3, y: top - 7, class: 'time' }, roundTime(time));
  }
}

function* steps(bottom) {
  const all = marks.filter((mark) => mark.kind === 'step');
  for (const [number, step] of all.entries()) {
    const from = Math.max(xOf(step.at), LEFT);
    const to = number + 1 < all.length ? xOf(all[number + 1].at) : view.width;
    if (to <= LEFT || from >= view.width) continue;
    const name = `${number + 1} ${step.words}`;
    yield shape('g', { class: `step ${number % 2 ? 'odd' : 'even'}`, 'data-entry': step.entry },
      shape('rect', { x: from, y: 0, width: Math.max(1, to - from), height: bottom, class: 'ground' }),
      shape('rect', { x: from, y: 0, width: Math.max(1, to - from - 1), height: LANE.step - 4, rx: 3, class: 'head' }),
      shape('text', { x: from + 6, y: 13 }, fitted(name, to - from - 10)), titled(name));
  }
}

function* statuses({ row, y }) {
  const top = y + (row.isUnit ? ROW.bar + 2 : 0);
  for (const span of row.spans) {
    const [from, to] = [Math.max(xOf(span.from), LEFT), Math.min(xOf(span.to), view.width)];
    if (to <= LEFT || from >= view.width) continue;
    const width = Math.max(1.5, to - from);
    const sentence = span.message ? `${span.status}: ${span.message}` : span.status;
    const short = width < 12 ? '' : fitted(sentence, width - 10, 6.2) || LETTERS[span.status] || '?';
    yield shape('g', { class: `status ${span.status}` },
      shape('rect', { x: from, y: top, width: Math.max(1, width - 0.5), height: ROW.status - 2 }),
      shape('text', { x: from + 4, y: top + 11 }, short), titled(`${row.name} ${sentence}`));
  }
}

function* bars({ row, y }) {
  const wanted = row.hooks.filter(isWanted);
  // Nothing hides a failure.
  for (const hook of [...wanted.filter((hook) => !isFailed(hook)), ...wanted.filter(isFailed)]) {
    const [from, to] = [xOf(hook.began), xOf(hook.end)];
    if (to < LEFT || from > view.width) continue;
    const width = Math.max(2, to - from - 1);
    const title = `${hook.hook} of ${hook.unit}: ${hook.exit}, ${length(hook.wall)}`;
    const classes = `bar ${hook.verdict}${width < 5 ? ' thin' : ''}${view.selected === hook ? ' selected' : ''}`;
    const start = Math.max(from, LEFT);
    const words = fitted(`${SIGNS[hook.verdict]} ${hook.hook}`.trim(), to - start - 8);
    yield shape('g', { class: classes, 'data-hook': hook.number, role: 'button', 'aria-label': title },
      shape('rect', { x: from, y, width, height: ROW.bar, rx: Math.min(4, width / 3) }),
      ...(width > 14 ? ticksOfCalls(hook, from, width, y) : []),
      words ? shape('text', { x: start + 5, y: y + 13 }, words) : shape('text', { x: from + width / 2 - 4, y: y - 1 }, SIGNS[hook.verdict]),
      titled(title));
  }
}

/** Hook tools stand in one line, requests to Pebble in the next; a failed one is longer. */
function ticksOfCalls(hook, from, width, y) {
  const lines = { tool: '', request: '', wrong: '' };
  const add = (kind, began, top, isWrong) => {
    const at = from + 1 + (width - 2) * Math.min(1, Math.max(0, (began - hook.began) / (hook.wall || 1)));
    lines[isWrong ? 'wrong' : kind] += `M${at.toFixed(1)} ${y + top}v${isWrong ? 9 : 5}`;
  };
  hook.calls.forEach((call) => add('tool', call.began, 16, call.exit !== 0));
  hook.requests.forEach((request) => add('request', request.began, 22, request.status === null || request.status >= 400));
  return Object.entries(lines).filter(([, line]) => line).map(([kind, d]) => shape('path', { d, class: `call ${kind}` }));
}

/** Acts and expectations; those that stand too close together share a flag. */
function* acts(top, bottom) {
  const groups = [];
  for (const mark of marks.filter((mark) => mark.kind !== 'step')) {
    const at = xOf(mark.at);
    if (groups.length && at - groups.at(-1).at < 12) groups.at(-1).marks.push(mark);
    else groups.push({ at, marks: [mark] });
  }
  for (const [number, group] of groups.entries()) {
    if (group.at < LEFT - 4 || group.at > view.width) continue;
    const room = (groups[number + 1]?.at ?? view.width) - group.at - 16;
    const isWrong = group.marks.some((mark) => mark.failure);
    const words = group.marks.map(sentence);
    const name = group.marks.length > 1 ? `${words.length}: ${words.join(', ')}` : words[0];
    yield [shape('line', { x1: group.at, x2: group.at, y1: top + 4, y2: bottom, class: 'act' }), shape('g', { class: `act${isWrong ? ' wrong' : ''}`, 'data-entry': group.marks.at(-1).entry },
      shape('path', { d: `M${group.at} ${top + 2}h9l-3 4l3 4h-9z` }),
      shape('text', { x: group.at + 12, y: top + 12 }, fitted(name, room)), titled(words.join('\n')))];
  }
}

function sentence(mark) {
  if (mark.kind !== 'expectation') return mark.words;
  return mark.failure === null ? `✓ ${mark.words}` : `✕ ${mark.words}`;
}

function* cursor(top, bottom) {
  if (view.time === null) return;
  const at = xOf(view.time);
  yield shape('line', { x1: at, x2: at, y1: top - 8, y2: bottom, class: 'cursor' });
}
