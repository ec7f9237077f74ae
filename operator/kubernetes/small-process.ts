// Keeps the process small, from before anything else is loaded. Passes and watches leave much behind that
// dies soon: left alone, V8 lets the heap grow to four times of what lives.
import { setFlagsFromString } from 'node:v8';
import { OPERATOR_HEAP_GROWTH_PERCENT } from '../../core/limits.ts';

setFlagsFromString(`--heap-growing-percent=${String(OPERATOR_HEAP_GROWTH_PERCENT)}`);
// Without it the heap may grow by 8 MB in any case.
setFlagsFromString('--optimize-for-size');
