/** Wraps the innermost step with layers, the first given being the outermost. The only loop of this kind. */
export function compose<Step>(layers: readonly ((next: Step) => Step)[], innermost: Step): Step {
  return layers.reduceRight((next, layer) => layer(next), innermost);
}
