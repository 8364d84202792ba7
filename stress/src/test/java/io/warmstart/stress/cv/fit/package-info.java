@NullMarked
package io.warmstart.stress.cv.fit;

import org.jspecify.annotations.NullMarked;
