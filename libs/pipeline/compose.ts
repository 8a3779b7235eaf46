/** Wraps the innermost step with layers, the first given being the outermost. The only loop of this kind. */
export function compose<Step>(layers: readonly ((next: Step) => Step)[], innermost: Step): Step {
  return layers.reduceRight((next, layer) => layer(next), innermost);
}

/** Runs the next step; what a foreign layer throws where it should reject is a rejection like any other. */
export function proceed<Input, Output>(
  next: (input: Input) => Promise<Output>,
  input: Input,
): Promise<Output> {
  try {
    return next(input);
  } catch (error) {
    return Promise.reject(error);
  }
}
