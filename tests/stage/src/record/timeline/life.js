// What happened, as the other parts of this page read it.

const data = JSON.parse(document.getElementById('data').textContent);
const text = (place) => data.texts[place];
const paths = data.keys.map((path) => path.map(text));
const entries = data.entries;

/** Runs of the charm in their order; `entry` is the place among all entries. */
const hooks = entries.flatMap((entry, place) => (entry.kind === 'hook' ? [{ ...entry, place }] : [])).map((hook, number) => ({
  number,
  entry: hook.place,
  unit: text(hook.unit),
  hook: text(hook.hook),
  began: hook.began,
  end: hook.began + hook.wall,
  wall: hook.wall,
  verdict: hook.verdict,
  exit: text(hook.exit),
  facts: hook.facts.map(([name, value]) => [text(name), text(value)]),
  calls: hook.calls.map(([began, millis, words, exit, stdout, stderr]) => ({
    began, millis, words: text(words), exit, stdout: text(stdout), stderr: text(stderr),
  })),
  requests: hook.requests.map(([began, millis, words, status]) => ({ began, millis, words: text(words), status })),
  boots: hook.boots.map(text),
  log: hook.log.map(([level, line]) => ({ level: text(level), line: text(line) })),
  leftOut: hook.left_out,
}));

/** Acts, steps and expectations. */
const marks = entries.flatMap((entry, place) => {
  switch (entry.kind) {
    case 'act':
    case 'step':
      return [{ kind: entry.kind, at: entry.at, entry: place, words: text(entry.text) }];
    case 'expectation': {
      const failure = entry.failure === null ? null : text(entry.failure);
      return [{ kind: 'expectation', at: entry.at, entry: place, words: text(entry.name), failure }];
    }
    default:
      return [];
  }
});

const duration = Math.max(1, ...hooks.map((hook) => hook.end), ...entries.map((entry) => entry.at));

/** The model after an entry: values by key. */
function stateAfter(place) {
  const state = new Map();
  for (const { changes } of entries.slice(0, place + 1)) {
    for (const [key, value] of changes) {
      if (value === null) state.delete(key);
      else state.set(key, text(value));
    }
  }
  return state;
}

/** The last entry that had ended at this time; -1 before the first. */
function entryAt(time) {
  const next = entries.findIndex((entry) => entry.at > time);
  return next === -1 ? entries.length - 1 : next - 1;
}

/** Times of one status after the other, by unit or application. */
function statusSpans(kind) {
  const spans = new Map();
  for (const { at, changes } of entries) {
    const changed = new Map();
    for (const [key, value] of changes) {
      const [found, name, field] = paths[key];
      if (found === kind && (field === 'status' || field === 'message')) {
        changed.set(name, { ...changed.get(name), [field]: value === null ? null : text(value) });
      }
    }
    for (const [name, change] of changed) {
      const all = spans.get(name) ?? [];
      spans.set(name, all);
      const last = all.at(-1);
      if (last) last.to = at;
      const now = { status: last?.status, message: last?.message, ...change };
      if (now.status !== null) all.push({ from: at, to: duration, status: now.status, message: now.message ?? '' });
    }
  }
  return spans;
}

const unitSpans = statusSpans('units');
const applicationSpans = statusSpans('applications');
const applicationOf = (unit) => unit.split('/')[0];
const compareNames = new Intl.Collator('en', { numeric: true }).compare;

/** Rows of the chart: an application that sets a status of its own, then its units. */
const rows = (() => {
  const units = [...new Set([...unitSpans.keys(), ...hooks.map((hook) => hook.unit)])].sort(compareNames);
  const isTold = (name) => applicationSpans.get(name)?.some((span) => span.status !== 'unknown');
  return [...new Set(units.map(applicationOf))].flatMap((application) => [
    ...(isTold(application) ? [{ name: application, application, spans: applicationSpans.get(application), hooks: [] }] : []),
    ...units.filter((unit) => applicationOf(unit) === application).map((unit) => ({
      name: unit, application, isUnit: true, spans: unitSpans.get(unit) ?? [], hooks: hooks.filter((hook) => hook.unit === unit),
    })),
  ]);
})();

/** 340 ms, 1.20 s, 2 min 5 s. */
function length(millis) {
  if (millis < 1000) return `${Math.round(millis * 10) / 10} ms`;
  if (millis < 60000) return `${(millis / 1000).toFixed(2)} s`;
  return `${Math.floor(millis / 60000)} min ${Math.round((millis % 60000) / 1000)} s`;
}
