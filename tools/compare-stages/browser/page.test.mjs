// What the page of compare-stages promises, in the browser. ./lesson test runs it; by hand, after
// ./lesson setup --browser and ./lesson build:
//     node --test tools/compare-stages/browser/page.test.mjs
// All of it looks at one run. Each of the files can be run alone, too.
import './result_tests.mjs';
import './replay_tests.mjs';
import './loop_tests.mjs';
import './look_tests.mjs';
