// The tests of the page in a browser. To run them by hand, after ./lesson setup --browser and
// ./lesson build:
//     node --test tools/compare-stages/browser/page.test.mjs
// All tests use the same run. Each of the files can also be run alone.
import './result_tests.mjs';
import './replay_tests.mjs';
import './loop_tests.mjs';
import './look_tests.mjs';
import './verdict_tests.mjs';
