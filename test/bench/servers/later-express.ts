import { serveLater } from './route.ts';

serveLater();
