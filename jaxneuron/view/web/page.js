// The page: its data, the map, the lives and the curves of deaths, put together.

const DATA = JSON.parse(document.getElementById("data").textContent);

async function begin() {
  const { map, lives, incidence } = DATA;
  const gallery = lives ? new Gallery(document.getElementById("gallery"), document.getElementById("life"), lives) : null;
  if (map) {
    const shown = new PhaseMap(document.getElementById("map"), map, lives?.list ?? [], (...cell) => gallery?.offer(...cell));
    if (gallery) gallery.map = shown;
    await shown.redraw();
  }
  if (gallery) await gallery.show(lives.gallery[0]?.number ?? 0);
  if (incidence) await drawIncidence(document.getElementById("incidence"), incidence);
  // For whoever waits for the page: everything is drawn.
  document.documentElement.dataset.ready = "true";
}

begin();
