// An activation as the page's data has it.

/** The curve of an activation that is not straight, or null. */
async function decodeCurve(packed) {
  if (!packed) return null;
  const [output, slope] = await Promise.all([packed.output, packed.slope].map(decode));
  return { ...packed, output, slope };
}

/** [ŷ, dŷ/dz] of z: two straight lines that meet at 0, or a curve known at knots, between which it is the cubic with
 * its values and slopes there; beyond them it is straight. */
function activated(z, slopeBelow, curve) {
  if (!curve) return z > 0 ? [z, 1] : [slopeBelow * z, slopeBelow];
  const { low, step, output, slope } = curve;
  const last = output.length - 1;
  const place = (z - low) / step;
  if (!(place > 0 && place < last)) {
    const end = place > 0 ? last : 0;
    return [output[end] + slope[end] * (z - low - end * step), slope[end]];
  }
  const i = Math.floor(place);
  const t = place - i;
  const [rise, before, after] = [output[i + 1] - output[i], step * slope[i], step * slope[i + 1]];
  const [second, third] = [3 * rise - 2 * before - after, before + after - 2 * rise];
  return [output[i] + t * (before + t * (second + t * third)), (before + t * (2 * second + t * 3 * third)) / step];
}
