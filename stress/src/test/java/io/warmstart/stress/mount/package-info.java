@NullMarked
package io.warmstart.stress.mount;

import org.jspecify.annotations.NullMarked;
