import { withDashboard } from './dashboard-app.ts';
import { serve } from './serve.ts';

serve(withDashboard());
