// Where a time stands on the axis: broken lines through points, each a time and its place.

/** A line from point to point. */
class Scale {
  constructor(points) {
    this.points = points;
    this.end = points.at(-1)[1];
  }

  place(time) {
    return this.between(time, 0, 1);
  }

  time(place) {
    return this.between(place, 1, 0);
  }

  between(value, from, to) {
    const next = this.points.findIndex((point) => point[from] >= value);
    if (next === -1) return this.points.at(-1)[to];
    if (next === 0) return this.points[0][to];
    const [before, after] = [this.points[next - 1], this.points[next]];
    const share = (value - before[from]) / (after[from] - before[from] || 1);
    return before[to] + share * (after[to] - before[to]);
  }
}

/** Gives each hook and each pause a width. */
function scaleOf(hookWidth, pauseWidth) {
  const points = [[0, 0]];
  const go = (time, width) => {
    const [last, place] = points.at(-1);
    if (time > last) points.push([time, place + width(time - last)]);
  };
  for (const hook of hooks) {
    go(hook.began, pauseWidth);
    go(hook.end, hookWidth);
  }
  go(duration, pauseWidth);
  return new Scale(points);
}

const usual = [...hooks].sort((one, other) => one.wall - other.wall)[hooks.length >> 1]?.wall || 100;

const scales = {
  folded: { title: 'time, pauses cut short', scale: scaleOf((millis) => Math.max(millis, usual / 4), (millis) => Math.min(millis, usual)) },
  real: { title: 'time as it passed', scale: scaleOf((millis) => millis, (millis) => millis) },
  even: { title: 'each hook equally wide', scale: scaleOf(() => 1, () => 0.3) },
};
