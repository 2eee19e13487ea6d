// The lives of the explorer: the neuron of a chosen cell, or two of them side by side, each with its point on the map.

class ShownLife {
  constructor(number, container) {
    Object.assign(this, { number, at: null, asking: null, next: null });
    this.said = element("p", { className: "refused", role: "alert" });
    this.node = element("div", { className: "life", role: "group", ariaLabel: `Life ${number}`, hidden: true }, this.said);
    this.player = new LifePlayer(this.node);
    container.append(this.node);
  }

  /** Train the neuron at a place, {axis: value}, as `body` asks for. While something is dragged the one under way comes first
   * and the latest after it; otherwise it takes the place of the one under way. */
  train(at, body, { isDragging = false, follows = false } = {}) {
    this.at = at;
    const request = { body, follows };
    if (isDragging && this.asking) {
      this.next = request;
      return;
    }
    this.abandon();
    this.follow(request);
  }

  abandon() {
    this.asking?.abort();
    this.asking = this.next = null;
  }

  async follow({ body, follows }) {
    const asking = new AbortController();
    this.asking = asking;
    this.node.ariaBusy = "true";
    let said = "";
    try {
      const { lives, place } = await (await ask("life", body, { signal: asking.signal })).json();
      if (this.asking !== asking) return;
      const [life] = lives.list;
      this.node.hidden = false;
      await this.player.show({ ...life, title: `Life ${this.number}`, place }, lives, { follows });
    } catch (error) {
      said = error.message;
    }
    if (this.asking !== asking) return;
    this.said.textContent = said;
    if (said) this.node.hidden = false;
    this.player.root.hidden = !this.player.life;
    this.asking = null;
    this.node.ariaBusy = "false";
    const { next } = this;
    this.next = null;
    if (next) this.follow(next);
  }

  remove() {
    this.abandon();
    this.player.pause();
    this.node.hidden = true;
    this.at = null;
  }
}

class LifePair {
  /** `map` has `size`, the columns and rows of its picture, and takes the `points` of lives. */
  constructor(container, view, map) {
    Object.assign(this, { view, map, isComparing: false });
    this.hint = element("p", { className: "note" });
    this.compare = button("Compare with a second life", () => this.setComparing(!this.isComparing));
    this.both = button("Play or pause both", () => this.playBoth());
    this.pair = element("div", { className: "pair" });
    container.append(element("div", { className: "controls", role: "group", ariaLabel: "Lives" }, this.compare, this.both), this.hint, this.pair);
    this.container = container;
    this.lives = [1, 2].map((number) => new ShownLife(number, this.pair));
    view.addEventListener("change", ({ detail }) => this.changed(detail));
    this.describe();
  }

  get shown() {
    return this.lives.filter(({ at }) => at);
  }

  /** Show the life of the neuron at values along the axes: the first, or the second where two are compared. */
  async choose(x, y) {
    const life = this.lives[this.isComparing ? 1 : 0];
    const isFirst = this.shown.length === 0;
    this.train(life, this.placeOf(x, y));
    this.describe();
    // What has come into being beneath the map is shown once; later the map stays where it is.
    if (isFirst) this.container.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth", block: "nearest" });
  }

  /** A point of the map has been moved to other values. */
  move(number, x, y, isDragging) {
    this.train(this.lives[number - 1], this.placeOf(x, y), { isDragging, follows: true });
  }

  placeOf(x, y) {
    return { [this.view.value.x.name]: x, [this.view.value.y.name]: y };
  }

  /** The cell of the picture in which a place lies; null where it is not in view. */
  cellOf(at) {
    const { x, y } = this.view.value;
    const shares = [x, y].map((span) => shareAt(span, at[span.name]));
    return shares.every((share) => share >= 0 && share < 1) ? shares.map((share, i) => Math.floor(share * this.map.size[i])) : null;
  }

  train(life, at, how) {
    const cell = this.cellOf(at);
    if (!cell) return;
    const [column, row] = cell;
    life.train(at, { view: { ...this.view.value, cells: this.map.size }, column, row, replicate: 0 }, how);
    this.point();
  }

  /** Where the study is another one, the lives in view are trained again. */
  changed(keys) {
    if (keys.includes("study")) {
      for (const life of this.shown) this.train(life, life.at, { isDragging: !this.view.isStep, follows: true });
    }
    this.point();
    this.describe();
  }

  point() {
    const { x, y } = this.view.value;
    this.map.points = this.shown.filter(({ at }) => this.cellOf(at)).map(({ at, number }) => ({ x: at[x.name], y: at[y.name], number }));
  }

  setComparing(isComparing) {
    this.isComparing = isComparing;
    if (!isComparing) {
      this.lives[1].remove();
      this.point();
    }
    this.describe();
  }

  playBoth() {
    const players = this.shown.map(({ player }) => player);
    const isPlaying = players.some(({ timer }) => timer);
    for (const player of players) {
      player.pause();
      player.speed.value = players[0].speed.value;
      if (!isPlaying) player.play();
    }
  }

  describe() {
    const { shown } = this;
    this.pair.classList.toggle("two", shown.length === 2);
    this.compare.hidden = shown.length === 0;
    this.compare.replaceChildren(this.isComparing ? "Only one life" : "Compare with a second life");
    this.both.hidden = shown.length < 2;
    const away = shown.filter(({ at }) => !this.cellOf(at)).map(({ number }) => number);
    this.hint.textContent = shown.length === 0 ? "Click a cell of the map, or press Enter there, to train its neuron and see its life."
      : this.isComparing && shown.length === 1 ? "The next cell that is chosen on the map gives the second life."
        : away.length ? `Life ${away.join(" and ")} is as it was trained, at a place that the map does not show now.`
          : "Drag the point of a life on the map, or move it by the arrow keys: the life follows.";
  }
}
