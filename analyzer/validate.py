def refusal(analysis, text, config):
    return ""
