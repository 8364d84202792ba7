@NullMarked
package io.warmstart.stress.cv.work;

import org.jspecify.annotations.NullMarked;
