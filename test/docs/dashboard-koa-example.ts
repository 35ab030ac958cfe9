// #region example
import { dashboard } from '@spillway/dashboard';
import { createSpillway } from '@spillway/koa';
import Koa from 'koa';
import mount from 'koa-mount';

const app = new Koa();
const spillway = createSpillway();

const controlRoom = dashboard(spillway, {
  authorize: ({ ctx: { state } }) =>
    state.user && { name: state.user.email, role: state.user.mayDeploy ? 'operator' : 'viewer' },
});
app.use(mount('/spillway', controlRoom));
// #endregion
