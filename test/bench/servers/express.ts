import { serveRoute } from './route.ts';

serveRoute();
