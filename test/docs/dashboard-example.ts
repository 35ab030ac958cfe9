// #region example
import { dashboard } from '@spillway/dashboard';
import { createSpillway } from '@spillway/express';
import express from 'express';

const app = express();
const spillway = createSpillway();

const controlRoom = dashboard(spillway, {
  async authorize(req) {
    const user = await signedIn(req);
    return user && { name: user.email, role: user.mayDeploy ? 'operator' : 'viewer' };
  },
});
app.use('/spillway', controlRoom);
// #endregion

// Its page is copied from here, and checked with the types.
interface User {
  readonly email: string;
  readonly mayDeploy: boolean;
}
declare function signedIn(req: express.Request): Promise<User | undefined>;
