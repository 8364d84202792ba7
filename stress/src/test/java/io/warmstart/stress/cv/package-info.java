@NullMarked
package io.warmstart.stress.cv;

import org.jspecify.annotations.NullMarked;
