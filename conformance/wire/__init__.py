"""What several areas speak. Imports the core and no area."""
