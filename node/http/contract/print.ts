// Prints the OpenAPI document: `npm run openapi` commits it, a test compares.
import { openApiText } from './openapi.ts';

process.stdout.write(openApiText());
