import type { Context } from '../../src/wire/context.ts';
import { encodeUpdate } from '../../src/wire/update-codec.ts';
import { type Draw, drawContext, drawn, drawUpdate } from './arbitraries.ts';
import { body, concat } from './build.ts';

/** The body of an UPDATE, and the context that it is read in. */
export interface Received {
  readonly context: Context;
  readonly bytes: Uint8Array;
}

/** An UPDATE body apart: its path attributes are whole, with their headers. */
export interface Fields {
  readonly withdrawn: Uint8Array;
  readonly attributes: Uint8Array[];
  readonly nlri: Uint8Array;
}

export function apart(bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const attributesAt = 4 + view.getUint16(0);
  const nlriAt = attributesAt + view.getUint16(attributesAt - 2);
  const attributes: Uint8Array[] = [];
  for (let at = attributesAt; at < nlriAt; ) {
    const end = (view.getUint8(at) & 0x10) === 0 ? at + 3 + view.getUint8(at + 2) : at + 4 + view.getUint16(at + 2);
    attributes.push(bytes.slice(at, end));
    at = end;
  }
  return { withdrawn: bytes.slice(2, attributesAt - 2), attributes, nlri: bytes.slice(nlriAt) };
}

const telling = [0, 1, 2, 3, 4, 5, 14, 15, 16, 17, 32, 33, 128, 129, 254, 255];

function overwritten(draw: Draw, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  if (copy.length === 0) return copy;
  for (let i = draw.between(1, 3); i > 0; i--) {
    const at = draw.upTo(copy.length - 1);
    copy[at] = draw.oneIn(2) ? draw.pick(telling) : (copy[at] as number) ^ (1 << draw.upTo(7));
  }
  return copy;
}

function cut(draw: Draw, bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, draw.upTo(bytes.length));
}

function spliced(draw: Draw, one: Uint8Array, other: Uint8Array): Uint8Array {
  return concat(cut(draw, one), other.slice(draw.upTo(other.length)));
}

/** Harm to one path attribute; `undefined`: it is gone. */
function harmed(draw: Draw, attribute: Uint8Array): Uint8Array[] {
  switch (draw.upTo(5)) {
    case 0:
      return [];
    case 1:
      return [attribute, attribute];
    case 2:
      return [
        concat(Uint8Array.of((attribute[0] as number) ^ draw.pick([0x80, 0x40, 0x20, 0x10])), attribute.slice(1)),
      ];
    case 3:
      return [concat(attribute.slice(0, 2), Uint8Array.of(draw.pick(telling)), attribute.slice(3))];
    case 4: {
      const value = draw.bytes(draw.upTo(24));
      return [concat(attribute.slice(0, 2), Uint8Array.of(value.length), value)];
    }
    default:
      return [overwritten(draw, attribute)];
  }
}

/** A message that was once right; `parts` is what is in it. */
export function damaged(draw: Draw, context: Context, parts?: Parameters<typeof drawUpdate>[2]): Uint8Array {
  const bytes = encodeUpdate(drawUpdate(draw, context, parts), context);
  const other = () => encodeUpdate(drawUpdate(draw, context, parts), context);
  switch (draw.upTo(5)) {
    case 0:
      return overwritten(draw, bytes);
    case 1:
      return cut(draw, bytes);
    case 2:
      return spliced(draw, bytes, other());
    case 3: {
      const { withdrawn, attributes, nlri } = apart(bytes);
      return body(
        [...attributes, ...apart(other()).attributes].sort(() => draw.between(-1, 1)),
        nlri,
        withdrawn,
      );
    }
    case 4: {
      const { withdrawn, attributes, nlri } = apart(bytes);
      return body([cut(draw, concat(...attributes))], nlri, overwritten(draw, withdrawn));
    }
    default: {
      const { withdrawn, attributes, nlri } = apart(bytes);
      const victim = draw.upTo(Math.max(0, attributes.length - 1));
      return body(
        attributes.flatMap((attribute, index) => (index === victim ? harmed(draw, attribute) : [attribute])),
        nlri,
        withdrawn,
      );
    }
  }
}

/** Messages that were once right: bits flipped, ends cut, two spliced, attributes repeated, lost, moved, renamed, resized. */
export const damagedUpdates = drawn((draw): Received => {
  const context = drawContext(draw);
  return { context, bytes: damaged(draw, context) };
});

/** Any bytes at all, with lengths in front that often agree with them. */
export const anyBytes = drawn(
  (draw): Received => {
    const context = drawContext(draw);
    const noise = () => draw.bytes(draw.upTo(40));
    return { context, bytes: draw.oneIn(3) ? noise() : body([noise()], noise(), draw.oneIn(2) ? noise() : undefined) };
  },
  function* ({ context, bytes }) {
    if (bytes.length > 0) yield { context, bytes: bytes.slice(0, -1) };
  },
);
