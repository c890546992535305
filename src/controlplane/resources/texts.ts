/** Gives one text for all that are equal, as long as it remembers them: what many resources say, and what names one in many places, is kept once. */
export class Texts {
  readonly #known = new Map<string, string>();
  readonly #most: number;

  /** Remembers up to `most`, and then begins again. */
  constructor(most: number) {
    this.#most = most;
  }

  shared(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size === this.#most) this.#known.clear();
    this.#known.set(text, text);
    return text;
  }
}
