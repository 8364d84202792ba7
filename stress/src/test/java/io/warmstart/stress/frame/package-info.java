@NullMarked
package io.warmstart.stress.frame;

import org.jspecify.annotations.NullMarked;
