import type { RuleContext } from '../rule.ts';

/** What is computed of a context, once for each: many rules ask the same. It is kept as long as the context is. */
export function oncePerContext<T>(compute: (context: RuleContext) => T): (context: RuleContext) => T {
  const known = new WeakMap<RuleContext, { readonly value: T }>();
  return (context) => {
    const before = known.get(context);
    if (before !== undefined) return before.value;
    const value = compute(context);
    known.set(context, { value });
    return value;
  };
}
