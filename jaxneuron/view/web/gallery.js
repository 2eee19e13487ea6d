// The lives in the file: a button for each of the gallery, and the life of a cell that is clicked on the map.

class Gallery {
  /** `lives` holds `list`, the numbers of the `gallery` with their titles, and what all lives share. */
  constructor(buttons, container, lives) {
    Object.assign(this, { lives, container, map: null });
    this.player = new LifePlayer(container);
    this.buttons = lives.gallery.map(({ number, title }) => {
      const swatch = element("span", { className: `swatch ${lives.list[number].fate}` });
      const shows = button([swatch, title], () => this.show(number));
      buttons.append(element("li", {}, shows));
      return [number, shows];
    });
  }

  async show(number) {
    for (const [own, shows] of this.buttons) shows.ariaPressed = String(own === number);
    if (this.lives.list[number]) await this.player.show(this.lives.list[number], this.lives);
  }

  /** Beneath the card of a cell: its lives, or where the nearest ones are. */
  offer(slab, cell, aside, shows) {
    const numbers = this.map?.livesIn(cell) ?? [];
    if (numbers.length === 0) {
      aside.append(element("p", { className: "note" }, "No life of this cell is in the file; those of the cells with a dot are."));
      return;
    }
    aside.append(...numbers.slice(0, 4).map((number) => button(`Show a life: ${this.lives.list[number].title}`, () => this.visit(number))));
    if (shows) this.visit(numbers[0]);
  }

  async visit(number) {
    await this.show(number);
    const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.container.scrollIntoView({ behavior: smooth ? "smooth" : "auto", block: "nearest" });
  }
}
