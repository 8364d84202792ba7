@NullMarked
package io.warmstart.stress.cv.plot;

import org.jspecify.annotations.NullMarked;
