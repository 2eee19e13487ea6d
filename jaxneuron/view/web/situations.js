// The situations that the explorer offers: a button for each, and a sentence of the one that is shown.

class Situations {
  /** `visit(x, y)` is called with the place whose life shows what is meant. */
  constructor(container, view, visit) {
    Object.assign(this, { view, visit });
    this.buttons = view.begin.situations.map((situation) => {
      const mark = element("span", { className: "mark", ariaHidden: "true" }, situation.isGood ? "✓ " : "✗ ");
      const shows = button([mark, situation.title], () => this.go(situation));
      shows.append(element("span", { className: "visually-hidden" }, situation.isGood ? ", a good setting" : ", a bad setting"));
      return [situation, shows];
    });
    this.sentence = element("p", { className: "situation", ariaLive: "polite" });
    container.append(
      element("ul", { className: "situations" }, ...this.buttons.map(([, shows]) => element("li", {}, shows))), this.sentence);
    view.addEventListener("change", () => this.describe());
    this.describe();
  }

  go({ study, x, y, quantity, place }) {
    this.view.change({ study, x, y, quantity });
    if (place) this.visit(...place);
  }

  /** Tell which situation is shown: one whose study it is, wherever on its map. */
  describe() {
    const { study, x, y } = this.view.value;
    const key = (value) => JSON.stringify([value.study, value.x.name, value.y.name]);
    const shown = this.buttons.find(([situation]) => key(situation) === key({ study, x, y }))?.[0];
    for (const [situation, shows] of this.buttons) shows.ariaPressed = String(situation === shown);
    this.sentence.textContent = shown?.sentence ?? "Views that are worth a look: ✓ marks good settings, ✗ bad ones, each with why.";
  }
}
