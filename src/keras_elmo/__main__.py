"""`python -m keras_elmo`: the command line, where its script is not on the path."""

from keras_elmo.cli import main

if __name__ == "__main__":
    main()
