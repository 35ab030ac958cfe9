/** Koa 2 beside Koa 3; to what is used of it here the types of 3 apply. */
declare module 'koa2' {
  export { default } from 'koa';
}
