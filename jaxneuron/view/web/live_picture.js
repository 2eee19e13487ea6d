// The picture of a view, asked for and taken as it comes: coarse at once, then finer, part by part.

class LivePicture {
  /** `tell` has begin(request), header(header), cells(frame, region, level, request), end(frame, seconds) and
   * refuse(line); nothing is told of a picture that is given up. */
  constructor(view, tell) {
    Object.assign(this, { view, tell, asking: null, next: null });
  }

  /** Give up the picture that is under way. */
  abandon() {
    this.asking?.abort();
    this.asking = this.next = null;
  }

  /** Ask for the picture of the view in [columns, rows]. While something is dragged the one under way comes first, and
   * the latest after it; another step takes its place. */
  ask(cells, spans, isStep) {
    const request = { body: { ...this.view.value, cells }, spans, isWhole: isStep };
    if (!isStep && this.asking) {
      this.next = request;
      return;
    }
    this.abandon();
    this.follow(request);
  }

  async follow(request) {
    const asking = new AbortController();
    this.asking = asking;
    this.tell.begin(request);
    let refused = "";
    try {
      const response = await ask("picture", request.body, { signal: asking.signal });
      for await (const { header, buffer } of messages(response)) {
        if (this.asking !== asking) return;
        this.take(header, buffer, request);
      }
    } catch (error) {
      if (this.asking !== asking) return;
      if (!(error instanceof Refused)) throw error;
      refused = error.message;
    }
    const { next } = this;
    this.asking = this.next = null;
    if (refused) this.tell.refuse(refused);
    if (next && !this.asking) this.follow(next);
  }

  take(header, buffer, request) {
    if (header.kind === "view") {
      this.intervals = header.intervals;
      this.frame = null;
      this.tell.header(header, request);
    } else if (header.kind === "cells") {
      const [x, y] = request.spans;
      if (header.level !== this.frame?.level) {
        this.frame = new LiveFrame(x, y, header.shape, this.intervals);
        this.frame.level = header.level;
      }
      this.frame.put(header.region, arraysOf(header, buffer));
      this.tell.cells(this.frame, header.region, request);
    } else {
      this.tell.end(this.frame, header.seconds, request);
    }
  }
}
