/** Express 4 beside Express 5; to what is used of it here the types of 5 apply. */
declare module 'express4' {
  export { default } from 'express';
}
