// Has V8 collect the old generation when it has grown by 30 %, before anything else is loaded. By
// default it may double or more, and each dead record then keeps memory outside the heap as well.
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--heap-growing-percent=30');
